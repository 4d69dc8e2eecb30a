"""Kick: the chat of a channel, heard by webhook."""
