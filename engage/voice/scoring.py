"""From style measures to one number: calibrated on the creator's own texts, so that they stand clearly above others'.

The weights are a logistic regression over other people's texts; docs/adr/0003-recall-scores.md has the figures.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engage.memory.kept import Kept
from engage.models import Passage, PassageKind
from engage.voice.features import Grams, grams, habits
from engage.voice.profile import Counts, Numbers, Voice, count, gather, lengths, log_length, style_of

if TYPE_CHECKING:
    from engage.memory.search import Memory

FOLDS = 4
FEWEST = 20  # texts a style can be learnt from
MOST = 400  # more make it slower, hardly better
LONGEST = 1_500  # characters of a text that are read
FEWEST_REPLIES = 60  # with fewer, posts are read too: they are the same person, but not the same kind of text
KEPT_VOICES = 64  # about 1 MB each
# nearness, words, length, contrast; then the constant. The second row is for creators nobody has written to yet.
_WITH_OTHERS = (0.24, 0.46, 0.49, 0.73, 0.33)
_ALONE = (0.45, 0.40, 0.45, 0.0, 0.30)
_FURTHEST = 6.0  # deviations; one odd measure is not everything


def build_voice(passages: Sequence[Passage]) -> Voice:
    """The voice in a creator's passages: their replies before their posts, against what followers asked them."""
    replies = [one.text for one in passages if one.kind in (PassageKind.PAIR, PassageKind.FAQ)]
    posts = [one.text for one in passages if one.kind is PassageKind.POST]
    asked = [one.question for one in passages if one.kind is PassageKind.PAIR and one.question]
    own = replies if len(replies) >= FEWEST_REPLIES else replies + posts
    return learn(_spread_out(own), _spread_out(asked) if len(asked) >= FEWEST else [])


def learn(texts: Sequence[str], others: Sequence[str] = ()) -> Voice:
    """The voice in some texts; others: texts by other people to tell it from."""
    shown = habits(texts)
    if len(texts) < FEWEST:
        return Voice(None, shown)
    found = gather(texts)
    own = count(texts, found)
    other = count(others, gather(others)) if others else None
    slope, spread = _usual(texts, found, own, other)
    return Voice(style_of(own, other, lengths(texts)), shown, slope, spread)


def score(voice: Voice, text: str) -> float:
    """How much a text sounds like the creator: 0..1, 0.5 where their style is not known."""
    if voice.style is None or not text.strip():
        return 0.5
    measured = voice.style.measure(text, grams(text))
    expected = np.array([log_length(text), 1.0]) @ voice.slope
    above = np.clip((measured - expected) / voice.spread, -_FURTHEST, _FURTHEST)
    *weights, constant = _ALONE if voice.style.contrast is None else _WITH_OTHERS
    return 1 / (1 + math.exp(-(float(above @ np.array(weights)) + constant)))


class Voices:
    """The voices of the creators a process answers for, learnt again when their words change. Thread-safe."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self._kept: Kept[tuple[str, Voice]] = Kept(KEPT_VOICES)

    def voice(self, creator_id: str) -> Voice:
        """The creator's voice."""
        corpus = self._memory.corpus(creator_id)

        def learn_again(_: tuple[str, Voice] | None) -> tuple[str, Voice]:
            return corpus.version, build_voice(corpus.passages)

        return self._kept.get(creator_id, lambda known: known[0] == corpus.version, learn_again)[1]

    async def style(self, creator_id: str, text: str) -> float | None:
        """`score` for an event loop: a voice that has to be learnt first is learnt on a thread."""
        if self._memory.is_known(creator_id) and self._is_learnt(creator_id):
            return self.score(creator_id, text)
        return await asyncio.to_thread(self.score, creator_id, text)

    def _is_learnt(self, creator_id: str) -> bool:
        version = self._memory.corpus(creator_id).version
        return self._kept.has(creator_id, lambda known: known[0] == version)

    def score(self, creator_id: str, text: str) -> float | None:
        """How much a text sounds like the creator, 0..1; None where their style is not known."""
        voice = self.voice(creator_id)
        return None if voice.style is None else voice.score(text)


def _usual(texts: Sequence[str], found: Sequence[Grams], own: Counts, others: Counts | None) -> tuple[Numbers, Numbers]:
    """What the creator's own texts measure when the style was learnt without them: by length, and how it varies."""
    measured = np.zeros((len(texts), 4))
    usual_length = lengths(texts)
    for fold in range(FOLDS):
        held = range(fold, len(texts), FOLDS)
        without = own - count([texts[n] for n in held], [found[n] for n in held])
        style = style_of(without, others, usual_length)
        for n in held:
            measured[n] = style.measure(texts[n], found[n])
    by_length = np.stack([[log_length(text) for text in texts], np.ones(len(texts))], axis=1)
    slope = np.linalg.lstsq(by_length, measured, rcond=None)[0]
    return slope, (measured - by_length @ slope).std(axis=0) + 1e-6


def _spread_out(texts: Sequence[str]) -> list[str]:
    """At most MOST of the texts, evenly over the whole, each once."""
    once = list(dict.fromkeys(text[:LONGEST] for text in texts if text.strip()))
    step = max(1.0, len(once) / MOST)
    return [once[int(n * step)] for n in range(min(MOST, len(once)))]
