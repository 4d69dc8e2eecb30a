"""How much of one text's matter is in another: F1 of their meaningful words. Pure."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engage.memory.statements import tokens


def likeness(some: str, other: str) -> float:
    """F1 of the meaningful words, each counted once: 0..1; 0 where one has none."""
    ours, theirs = tokens(some), tokens(other)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


class Likenesses:
    """Many texts, to be compared with one at a time."""

    def __init__(self, texts: Sequence[str]) -> None:
        postings: dict[str, list[int]] = defaultdict(list)
        sizes = np.zeros(len(texts))
        for at, text in enumerate(texts):
            found = tokens(text)
            sizes[at] = len(found)
            for token in found:
                postings[token].append(at)
        self._sizes = sizes
        self._postings = {token: np.array(at, np.int64) for token, at in postings.items()}

    def to(self, text: str) -> NDArray[np.float64]:
        """The likeness of each text to this one: (texts,)."""
        found = tokens(text)
        shared = np.zeros(len(self._sizes))
        for token in found:
            if token in self._postings:
                shared[self._postings[token]] += 1
        return 2 * shared / np.maximum(self._sizes + len(found), 1)


def best_of_first(values: Sequence[float], depth: int) -> list[float]:
    """The best of the first 1, 2, … depth values; where there are fewer, of all of them."""
    padded = [*values[:depth], *[0.0] * (depth - len(values))]
    return np.maximum.accumulate(padded).tolist() if depth else []
