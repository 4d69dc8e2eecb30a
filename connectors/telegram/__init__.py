"""Telegram: a bot's own chats, the comments under a channel's posts, the creator's private chats."""
