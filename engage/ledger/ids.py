"""Ids that sort by the time they were made, so that an index stays compact and "oldest first" is the primary key."""

import os
import time


def new_id() -> str:
    """32 hexadecimal digits: 48 bits of milliseconds, then 80 random bits (the layout of UUID version 7)."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
