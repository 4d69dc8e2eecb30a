"""Pure functions of a text that a turn asks again and again, and what they said of it last."""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Protocol, TypeVar
from weakref import WeakSet

T = TypeVar("T")

MOST = 1024  # texts, of each function: a few turns' and the passages they stand on
LONGEST = 2_000  # characters; longer texts are worked out each time, so that nobody can fill the memory with them


class Forgettable(Protocol):
    """What keeps texts, or what was made of them, in memory."""

    def cache_clear(self) -> None:
        """Keep nothing of them any more."""


F = TypeVar("F", bound=Forgettable)
_known: WeakSet[Forgettable] = WeakSet()


def forgettable(cache: F) -> F:
    """Note a cache of followers' texts: it is emptied when somebody's are erased."""
    _known.add(cache)
    return cache


def forget_all() -> None:
    """Empty every such cache of this process."""
    for cache in list(_known):
        cache.cache_clear()


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Remember what a pure function said of the last texts. What it returns must not be changed by anybody."""
    known = forgettable(lru_cache(MOST)(function))

    def ask(text: str) -> T:
        return known(text) if len(text) <= LONGEST else function(text)

    return update_wrapper(ask, function)
