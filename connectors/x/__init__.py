"""X: replies to who asks the account in public, direct messages, and the chat of its live broadcasts."""
