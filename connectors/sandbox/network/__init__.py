"""A small social network in memory: accounts, posts, comments, direct messages, a live room, and faults on demand."""
