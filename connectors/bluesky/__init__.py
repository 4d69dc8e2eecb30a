"""Bluesky: posts, replies and mentions of a public network, and its direct messages."""
