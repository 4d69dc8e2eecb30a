"""Ids that sort by the time they were made, so that an index stays compact and "oldest first" is the primary key."""

import os
import re
import threading
import time
from datetime import datetime

RANDOM_BITS = 80
STEP_BYTES = 8  # ids of the same millisecond differ by a random step

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """32 hexadecimal digits: 48 bits of milliseconds, then 80 random bits (the layout of UUID version 7).

    Within a process every id is greater than the one before, also inside one millisecond and when the clock goes back.
    """
    global _last
    fresh = time.time_ns() // 1_000_000 << RANDOM_BITS | int.from_bytes(os.urandom(RANDOM_BITS // 8))
    step = 1 + int.from_bytes(os.urandom(STEP_BYTES))
    with _lock:
        _last = fresh if fresh >> RANDOM_BITS > _last >> RANDOM_BITS else _last + step
        return f"{_last:032x}"


def first_id_at(moment: datetime) -> str:
    """Every id that was made before the moment is smaller, every later one is not."""
    return f"{int(moment.timestamp() * 1000) << RANDOM_BITS:032x}"


def is_id(text: str) -> bool:
    """Whether it is written as an id of ours."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None
