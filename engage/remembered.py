"""Pure functions of a text that a turn asks again and again, and what they said of it last."""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import TypeVar

T = TypeVar("T")

MOST = 1024  # texts, of each function: a few turns' and the passages they stand on
LONGEST = 2_000  # characters; longer texts are worked out each time, so that nobody can fill the memory with them


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Remember what a pure function said of the last texts. What it returns must not be changed by anybody."""
    known = lru_cache(MOST)(function)

    def ask(text: str) -> T:
        return known(text) if len(text) <= LONGEST else function(text)

    return update_wrapper(ask, function)
