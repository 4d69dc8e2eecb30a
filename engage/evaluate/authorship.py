"""Who wrote it? A judge that knows nothing of the voice score. Pure.

A language model of characters for each writer; a text is given to the one whose model it surprises least (Peng,
Schuurmans, Keselj, Wang, "Language independent authorship attribution using character level language models", EACL
2003). Interpolated by Witten-Bell: what follows a context seldom is backed by what follows its end.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from engage.voice.features import neutral

ORDER = 5  # characters looked at, the next one among them
ALPHABET = 5_000  # characters that anybody might write next
FEWEST = 20  # texts a writer can be known by
LONGEST = 500  # characters of a text that are judged
MOST = 40_000  # characters of a writer that are read: as much of each, where there is as much


class Characters:
    """What follows what in one writer's texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._next: dict[str, Counter[str]] = defaultdict(Counter)
        read = 0
        for text in map(framed, texts):
            if read > MOST:
                break
            read += len(text)
            for at in range(1, len(text)):
                for start in range(max(0, at - ORDER + 1), at + 1):
                    self._next[text[start:at]][text[at]] += 1
        self._totals = {context: counts.total() for context, counts in self._next.items()}

    def surprise(self, text: str) -> float:
        """Bits a character."""
        line = framed(text)[:LONGEST]
        bits = [-math.log2(self._chance(line[max(0, at - ORDER + 1) : at], line[at])) for at in range(1, len(line))]
        return sum(bits) / len(bits)

    def _chance(self, context: str, following: str) -> float:
        chance = 1 / ALPHABET
        for start in range(len(context), -1, -1):
            counts = self._next.get(context[start:])
            if counts is None:
                break
            total, kinds = self._totals[context[start:]], len(counts)
            chance = (counts[following] + kinds * chance) / (total + kinds)
        return chance


def framed(text: str) -> str:
    """The text between two marks: how it begins and ends is style."""
    return f"\x02{neutral(text)}\x03"


def writers(texts: Mapping[str, Sequence[str]]) -> dict[str, Characters]:
    """The writers that can be known by their texts."""
    return {name: Characters(some) for name, some in texts.items() if len(some) >= FEWEST}


def writer_of(text: str, known: Mapping[str, Characters]) -> str:
    """The likeliest of the known writers."""
    return min(known, key=lambda name: known[name].surprise(text))
