"""A creator's style, learnt from their own texts and, where there are some, from what others wrote to them. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engage.voice.features import BUCKETS, Grams, grams, habits, neutral, words

Numbers = NDArray[np.float64]
UNSEEN_WORDS = 30_000  # how many words the creator might use and has not yet
UNSEEN_GRAM = 1e-7  # its probability: what nobody has written yet tells nothing about who wrote it
CONTRAST_MASS = 2_000.0  # n-grams of shared language mixed into both sides before they are compared


@dataclass(frozen=True, slots=True)
class Counts:
    """How often some texts use each n-gram and word."""

    texts: int
    grams: Numbers  # (BUCKETS,)
    documents: Numbers  # (BUCKETS,): texts that use it
    words: Counter[str]

    def __sub__(self, other: "Counts") -> "Counts":
        less = Counter(self.words)
        less.subtract(other.words)
        return Counts(
            self.texts - other.texts, self.grams - other.grams, self.documents - other.documents, Counter(+less)
        )


@dataclass(frozen=True, slots=True)
class Style:
    """Counts made ready to be compared with a text."""

    words: Counter[str]
    word_total: int
    idf: Numbers
    centre: Numbers  # (BUCKETS,), unit length
    contrast: Numbers | None  # (BUCKETS,): log of how much more the creator uses it than others
    length: tuple[float, float]  # mean and deviation of log characters

    def measure(self, text: str, found: Grams) -> Numbers:
        """(4,): nearness of the n-grams, familiarity of the words, usualness of the length, contrast to others."""
        used = words(text)
        familiar = [np.log((self.words[word] + 0.3) / (self.word_total + UNSEEN_WORDS)) for word in used]
        away = (log_length(text) - self.length[0]) / self.length[1]
        told = 0.0
        if self.contrast is not None and found.counts.sum():
            told = float(self.contrast[found.buckets] @ found.counts / found.counts.sum())
        return np.array([self._nearness(found), float(np.mean(familiar)) if used else -12.0, -(away**2), told])

    def _nearness(self, found: Grams) -> float:
        weights = (1 + np.log(found.counts)) * self.idf[found.buckets]
        norm = float(np.linalg.norm(weights))
        return float(weights @ self.centre[found.buckets]) / norm if norm else 0.0


@dataclass(frozen=True, slots=True)
class Voice:
    """What scoring needs, and what `show` shows."""

    style: Style | None  # None: too few texts to know a style
    habits: dict[str, object] = field(default_factory=dict)
    slope: Numbers = field(default_factory=lambda: np.zeros((2, 4)))  # each measure by log length, on own texts
    spread: Numbers = field(default_factory=lambda: np.ones(4))

    def score(self, text: str) -> float:
        """How much a text sounds like the creator: 0..1, 0.5 where their style is not known."""
        from engage.voice.scoring import score

        return score(self, text)


def as_json(voice: Voice) -> dict[str, object]:
    """The profile's readable part."""
    return {"known": voice.style is not None, **voice.habits}


def count(texts: Sequence[str], found: Iterable[Grams]) -> Counts:
    """The counts of texts and their n-grams."""
    total = np.zeros(BUCKETS)
    documents = np.zeros(BUCKETS)
    used: Counter[str] = Counter()
    for text, one in zip(texts, found, strict=True):
        total[one.buckets] += one.counts
        documents[one.buckets] += 1
        used.update(words(text))
    return Counts(len(texts), total, documents, used)


def style_of(own: Counts, others: Counts | None, length: tuple[float, float]) -> Style:
    """Counts as a style. length: mean and deviation of the log of the texts' characters."""
    idf = np.log((1 + own.texts) / (1 + own.documents)) + 1
    centre = np.log1p(own.grams) * idf
    norm = float(np.linalg.norm(centre)) or 1.0
    contrast = None if others is None else _contrast(own.grams, others.grams)
    return Style(own.words, sum(own.words.values()), idf, centre / norm, contrast, length)


def lengths(texts: Sequence[str]) -> tuple[float, float]:
    """Mean and deviation of the log of the texts' characters."""
    logs = [log_length(text) for text in texts]
    return float(np.mean(logs)), float(np.std(logs)) + 0.1


def log_length(text: str) -> float:
    """Log of the characters, whomever it names."""
    return float(np.log1p(len(neutral(text))))


def _contrast(own: Numbers, others: Numbers) -> Numbers:
    shared = (own / max(1.0, own.sum()) + others / max(1.0, others.sum())) / 2
    mine = np.log((own + CONTRAST_MASS * shared) / (own.sum() + CONTRAST_MASS) + UNSEEN_GRAM)
    theirs = np.log((others + CONTRAST_MASS * shared) / (others.sum() + CONTRAST_MASS) + UNSEEN_GRAM)
    difference: Numbers = mine - theirs
    return difference


def gather(texts: Sequence[str]) -> list[Grams]:
    """The n-grams of each text."""
    return [grams(text) for text in texts]


__all__ = ["Counts", "Style", "Voice", "as_json", "count", "gather", "habits", "lengths", "style_of"]
