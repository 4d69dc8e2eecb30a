"""Threads, by Meta's Threads API: replies and mentions, answered in public. It has no messages for apps."""
