"""Mastodon: mentions and direct mentions of one account, on whichever server it lives."""
