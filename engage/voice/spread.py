"""Some of many, evenly over the whole: what a voice is learnt from must not be last week's alone. Pure."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def spread_over(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, in order."""
    step = max(1.0, len(items) / most) if most else 0.0
    return [items[int(n * step)] for n in range(min(most, len(items)))]
