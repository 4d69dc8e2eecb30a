"""How well scores tell texts apart. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence


def macro_f1(deserved: Sequence[bool], flagged: Sequence[bool]) -> float:
    """The mean of the F1 of both classes."""
    return (_f1(deserved, flagged, True) + _f1(deserved, flagged, False)) / 2


def accuracy(deserved: Sequence[bool], flagged: Sequence[bool]) -> float:
    """The share of rows told right."""
    return sum(a == b for a, b in zip(deserved, flagged, strict=True)) / len(deserved)


def by(
    keys: Iterable[str], deserved: Sequence[bool], flagged: Sequence[bool]
) -> dict[str, tuple[list[bool], list[bool]]]:
    """The rows of each key apart."""
    parts: dict[str, tuple[list[bool], list[bool]]] = defaultdict(lambda: ([], []))
    for key, a, b in zip(keys, deserved, flagged, strict=True):
        parts[key][0].append(a)
        parts[key][1].append(b)
    return dict(parts)


def _f1(deserved: Sequence[bool], flagged: Sequence[bool], wanted: bool) -> float:
    right = sum(a == b == wanted for a, b in zip(deserved, flagged, strict=True))
    named = sum(a == wanted for a in deserved) + sum(b == wanted for b in flagged)
    return 2 * right / named if named else 0.0
