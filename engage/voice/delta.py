"""Burrows's Delta: how far some texts are from a writer's in how often they use the commonest words. Pure.

J. Burrows, "'Delta': a measure of stylistic difference and a guide to likely authorship", Literary and Linguistic
Computing 17.3 (2002). The commonest words are mostly function words, which nobody chooses on purpose. It needs many
words: it tells of a week's replies together, not of one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engage.voice.features import words

COMMONEST = 60  # words compared
PARTS = 8  # that a writer's texts are cut into, to see how much their use varies
FEWEST = 400  # words of a part, and of what is compared


@dataclass(frozen=True, slots=True)
class WordUse:
    """A writer's commonest words, with the mean and the deviation of their rates over parts of their texts."""

    words: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]

    def delta(self, texts: Sequence[str]) -> float | None:
        """The mean distance in deviations, 0 for the same use; None for too few words."""
        rates = _rates(_spoken(texts), self.words)
        if rates is None:
            return None
        return round(float(np.mean(np.abs(rates - np.array(self.means)) / np.array(self.spreads))), 3)


def word_use(texts: Sequence[str]) -> WordUse | None:
    """How a writer uses their commonest words; None where they wrote too little to know."""
    spoken = _spoken(texts)
    size = max(FEWEST, len(spoken) // PARTS)
    parts = [spoken[start : start + size] for start in range(0, len(spoken) - size + 1, size)]
    if len(parts) < 2:
        return None
    common = tuple(word for word, _ in Counter(spoken).most_common(COMMONEST))
    rates = np.array([_rates(part, common) for part in parts])
    # Two parts may agree by chance: nothing varies less than what a word met so often must.
    least = np.sqrt(rates.mean(axis=0) / size)
    return WordUse(common, tuple(rates.mean(axis=0).tolist()), tuple(np.maximum(rates.std(axis=0), least).tolist()))


def _spoken(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in words(text) if word[0].isalpha()]


def _rates(spoken: Sequence[str], common: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.float64]] | None":
    if len(spoken) < FEWEST:
        return None
    found = Counter(spoken)
    return np.array([found[word] / len(spoken) for word in common], dtype=np.float64)
