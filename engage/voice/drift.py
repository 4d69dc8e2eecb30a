"""Whether the avatar still sounds like the creator: its replies of a week beside the creator's own. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from engage.voice.profile import Voice


@dataclass(frozen=True, slots=True)
class Week:
    """What the avatar wrote in a week. begins_on: a Monday, UTC."""

    begins_on: date
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Drift:
    """A week's style. style: median score, beside the voice's `ceiling`; below: share under its border, 0..1.

    words: median length. delta: Burrows's, None for too few words.
    """

    begins_on: date
    replies: int
    style: float | None
    below: float | None
    words: float
    delta: float | None


def drift(voice: Voice, weeks: Sequence[Week]) -> list[Drift]:
    """Each week that has replies, as the weeks come."""
    return [_of(voice, week) for week in weeks if week.texts]


def _of(voice: Voice, week: Week) -> Drift:
    scores = [voice.score(text) for text in week.texts] if voice.style is not None else []
    lengths = [len(text.split()) for text in week.texts]
    return Drift(
        week.begins_on,
        len(week.texts),
        round(float(np.median(scores)), 3) if scores else None,
        round(float(np.mean([score < (voice.border or 0) for score in scores])), 3) if scores else None,
        float(np.median(lengths)),
        voice.word_use.delta(week.texts) if voice.word_use else None,
    )
