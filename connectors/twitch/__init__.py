"""Twitch: live chat and, where the creator asks for it, whispers."""
