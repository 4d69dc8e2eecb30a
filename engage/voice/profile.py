"""A creator's style, learnt from their own texts and from what other people wrote. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engage.memory.floats import Floats
from engage.models import Surface
from engage.voice import logistic
from engage.voice.contrast import Contrast
from engage.voice.delta import WordUse
from engage.voice.features import BUCKETS, Grams, grams, neutral, words
from engage.voice.judged import Judged
from engage.voice.usual import Trait, Usual, differences

Numbers = NDArray[np.float64]
UNSEEN_WORDS = 30_000  # how many words the creator might use and has not yet
MEASURES = 4  # nearness of the n-grams, familiarity of the words, usualness of the length, contrast to others
SMALL, A_WORD = 20_000, 100  # bytes of a voice without a style, and of a word that it knows
EASILY = 0.7  # the border in a language they do not write in, where only the traits can be compared
FURTHEST = 6.0  # deviations; one odd measure is not everything


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
    """The writer's own counts, ready to be compared with a text."""

    words: Counter[str]
    word_total: int
    idf: Floats  # (BUCKETS,); half as exact as what it was made of: many voices are kept
    centre: Floats  # (BUCKETS,), unit length
    length: tuple[float, float]  # mean and deviation of log characters

    def measure(self, text: str, found: Grams) -> tuple[float, float, float]:
        """Nearness of the n-grams, familiarity of the words, usualness of the length."""
        used = words(text)
        familiar = [np.log((self.words[word] + 0.3) / (self.word_total + UNSEEN_WORDS)) for word in used]
        away = (log_length(text) - self.length[0]) / self.length[1]
        return self._nearness(found), float(np.mean(familiar)) if used else -12.0, -(away**2)

    def _nearness(self, found: Grams) -> float:
        weights = (1 + np.log(found.counts)) * self.idf[found.buckets]
        norm = float(np.linalg.norm(weights))
        return float(weights @ self.centre[found.buckets]) / norm if norm else 0.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What measures are worth. centre, spread: of the writer's own texts, (MEASURES,); weights: (MEASURES + 1,)."""

    centre: Numbers
    spread: Numbers
    weights: Numbers

    def chance(self, measured: Numbers) -> Numbers:
        """(texts, MEASURES) or (MEASURES,) → 0..1 each."""
        return logistic.chances(self.even(measured), self.weights)

    def even(self, measured: Numbers) -> Numbers:
        """In deviations of the writer's own texts."""
        return evened(measured, self.centre, self.spread)


@dataclass(frozen=True, slots=True)
class Voice:
    """What scoring needs, and what `show` shows."""

    habits: dict[str, object] = field(default_factory=dict)
    usual: Usual = field(default_factory=Usual)
    surfaces: Mapping[Surface, Usual] = field(default_factory=dict)  # where they wrote enough there
    reactions: Mapping[str, Usual] = field(default_factory=dict)  # to praise, thanks, questions …
    languages: frozenset[str] = frozenset()  # they write in; empty: not known
    word_use: WordUse | None = None
    style: Style | None = None  # None, like the next two: too few texts to know a style
    contrast: Contrast | None = None
    scale: Scale | None = None
    ceiling: float | None = None  # median score of the creator's own texts, each scored without it
    floor: float | None = None  # … of what other people wrote
    border: float | None = None  # four fifths of their own texts, each scored without it, score this or more

    def score(self, text: str) -> float:
        """How much a text sounds like the creator: 0..1, 0.5 where their style is not known."""
        if self.style is None or self.contrast is None or self.scale is None or not text.strip():
            return 0.5
        found = grams(text)
        measured = np.array([*self.style.measure(text, found), self.contrast.of(found)])
        return float(self.scale.chance(measured))

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        if self.style is None or self.contrast is None:
            return SMALL
        held = (self.style.idf, self.style.centre, self.contrast.idf, self.contrast.weights)
        return SMALL + sum(one.nbytes for one in held) + len(self.style.words) * A_WORD

    def usual_on(self, surface: Surface) -> Usual:
        """What their texts usually measure on a surface: all of them, where they wrote little there."""
        return self.surfaces.get(surface, self.usual)

    def judge(self, text: str, surface: Surface, language: str = "") -> Judged | None:
        """How much a draft sounds like them; None where their style is not known.

        In a language they do not write in, it is the share of their habits that it keeps.
        """
        if self.style is None or self.border is None:
            return None
        same = not self.languages or language in ("", *self.languages)
        unlike = differences(self.usual_on(surface), text, same_language=same)
        score = self.score(text) if same else 1 - len(unlike) / (len(Trait) + 1)
        return Judged(score, self.border if same else EASILY, unlike)


def as_json(voice: Voice) -> dict[str, object]:
    """The profile's readable part."""
    return {
        "known": voice.style is not None,
        "ceiling": voice.ceiling,
        "floor": voice.floor,
        "border": voice.border,
        "languages": sorted(voice.languages),
        **voice.habits,
        "surfaces": {surface.value: usual.as_json() for surface, usual in voice.surfaces.items()},
        "reactions": {kind: usual.as_json() for kind, usual in voice.reactions.items()},
    }


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


def style_of(own: Counts, length: tuple[float, float]) -> Style:
    """Counts as a style. length: mean and deviation of the log of the texts' characters."""
    idf = np.log((1 + own.texts) / (1 + own.documents)) + 1
    centre = np.log1p(own.grams) * idf
    norm = float(np.linalg.norm(centre)) or 1.0
    return Style(own.words, sum(own.words.values()), idf.astype(np.float32), (centre / norm).astype(np.float32), length)


def lengths(texts: Sequence[str]) -> tuple[float, float]:
    """Mean and deviation of the log of the texts' characters."""
    logs = [log_length(text) for text in texts]
    return float(np.mean(logs)), float(np.std(logs)) + 0.1


def log_length(text: str) -> float:
    """Log of the characters, whomever it names."""
    return float(np.log1p(len(neutral(text))))


def evened(measured: Numbers, centre: Numbers, spread: Numbers) -> Numbers:
    """Measures in deviations from the writer's own, none further than FURTHEST."""
    even: Numbers = np.clip((measured - centre) / spread, -FURTHEST, FURTHEST)
    return even
