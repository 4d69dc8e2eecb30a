"""Repeated unanswered questions as suggestions for the FAQ, near-duplicates merged. Pure, but for the encoder.

Each suggestion has a middle, the question that most others are near to, and everything else in it is near to the
middle: chains of small steps do not join two different questions.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from engage.confidential import is_confidential
from engage.ledger.unanswered import Asked
from engage.memory.anonymous import without_people
from engage.memory.evidence import above_chance, scale_of, trusted
from engage.memory.floats import Floats
from engage.memory.lexical import fold, tokens
from engage.memory.texts import bare
from engage.models import Surface
from engage.triage import ASKS
from engage.triage.intent import intent_of
from engage.triage.normalise import fold as folded
from engage.triage.normalise import without_links

# Nearness above chance, judged by eye on pairs of real questions: docs/adr/0015-learning-from-corrections.md. Whatever
# is merged gets the answer that is approved for it, which is given from 0.66 on.
SAME = 0.74
SAME_WORDS = 0.8  # share of two questions' words that both have: for languages that the encoder hardly knows
TELLING = 5  # letters of a word that tells one question from another
SLIP = 0.7  # how alike two spellings of a word are
FOLLOWERS = 2  # one person who asks twice is no public
TOLD = 3  # followers who asked in direct messages, from which on it is no single person's question any more
LONGEST = 300  # characters: a longer message tells a story
EXAMPLES = 3
Encode = Callable[[Sequence[str]], Floats]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that several followers asked and the creator never answered.

    id: of the turn whose words it has. private: asked in direct messages alone and by few, so that its words are for
    the creator's eyes: the FAQ then needs the creator's own wording of it.
    """

    id: str
    question: str
    times: int
    followers: int
    first_at: datetime
    last_at: datetime
    surfaces: tuple[Surface, ...]
    examples: tuple[str, ...] = ()  # other wordings, never from direct messages
    private: bool = False


@dataclass(frozen=True, slots=True)
class _Wording:
    """One way to ask, and who asked so, oldest first."""

    text: str
    key: str  # equal for those that differ in spelling alone
    asked: tuple[Asked, ...] = ()

    @property
    def followers(self) -> frozenset[str]:
        return frozenset(one.follower_id for one in self.asked)

    @property
    def public(self) -> tuple[Asked, ...]:
        return tuple(one for one in self.asked if one.surface is not Surface.DM)


def suggest(asked: Iterable[Asked], settled: Collection[str], encode: Encode) -> list[Suggestion]:
    """What at least FOLLOWERS asked, most followers first. settled: questions that were approved or dismissed."""
    wordings = _wordings(asked)
    if not wordings:
        return []
    done = [_Wording(bare(text), _key(text)) for text in settled]
    same = _same([*wordings, *done], len(wordings), encode)
    wanted = np.array([not row.any() for row in same[:, len(wordings) :]])
    found = map(_suggestion, _merge(wordings, same[:, : len(wordings)], wanted))
    told = [one for one in found if one.followers >= FOLLOWERS]
    return sorted(told, key=lambda one: (-one.followers, -one.times, -one.last_at.timestamp(), one.id))


def _wordings(asked: Iterable[Asked]) -> list[_Wording]:
    """Those that ask something, by their first time."""
    found: dict[str, tuple[str, list[Asked]]] = {}
    for one in sorted(asked, key=lambda one: (one.at, one.turn_id)):
        if _is_question(one):
            text = bare(without_people(" ".join(one.text.split()), one.names))
            found.setdefault(_key(text), (text, []))[1].append(one)
    found.pop("", None)
    return [_Wording(text, key, tuple(same)) for key, (text, same) in found.items()]


def _is_question(asked: Asked) -> bool:
    if len(asked.text) > LONGEST or is_confidential(asked.text):
        return False
    languages = tuple(dict.fromkeys(filter(None, (asked.language, "en"))))
    return intent_of(folded(without_links(asked.text)), languages) in ASKS


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(bare(text))))


def _same(wordings: Sequence[_Wording], count: int, encode: Encode) -> Truths:
    """Whether each of the first `count` asks the same as each: (count, wordings)."""
    vectors = encode([one.text for one in wordings])
    languages = trusted([one.asked[-1].language if one.asked else "" for one in wordings])
    # By both scales: which language a short text is written in is often told wrong.
    near = above_chance(vectors @ vectors.T, scale_of(languages)) >= SAME
    same: Truths = (near & near.T) | (_shared_words(wordings) >= SAME_WORDS)
    np.fill_diagonal(same, val=True)
    _separate(wordings, same)
    return same[:count]


def _shared_words(wordings: Sequence[_Wording]) -> Floats:
    """Of every two, the share of their words that both have; 0 for questions of one word: (wordings, wordings)."""
    said = [frozenset(tokens(one.text)) for one in wordings]
    place = {word: at for at, word in enumerate(dict.fromkeys(word for words in said for word in words))}
    table = np.zeros((len(said), max(1, len(place))), np.float32)
    for row, words in enumerate(said):
        if len(words) > 1:
            table[row, [place[word] for word in words]] = 1
    both = table @ table.T
    sizes = table.sum(axis=1)
    shares: Floats = both / np.maximum(sizes[:, None] + sizes[None, :] - both, 1)
    return shares


def _separate(wordings: Sequence[_Wording], same: Truths) -> None:
    """Takes apart those that are alike but for the very thing they ask about."""
    said = [re.findall(r"\w+", fold(one.text)) for one in wordings]
    for one, other in np.argwhere(np.triu(same, 1)).tolist():
        if differ_in_matter(said[one], said[other]):
            same[one, other] = same[other, one] = False


def differ_in_matter(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two near questions, as words, name other numbers (an 18 inch wheel, a 20 inch wheel), or one other thing.

    One other thing: the same words but for one, as in shipping to Norway and to Sweden. Not where that is a small word,
    or the same with a slip of the pen.
    """
    numbers = [frozenset(filter(str.isdecimal, words)) for words in (one, other)]
    if all(numbers) and numbers[0] != numbers[1]:
        return True
    if len(one) != len(other):
        return False
    odd = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    if len(odd) != 1 or min(map(len, odd[0])) < TELLING:
        return False
    return SequenceMatcher(None, *odd[0]).ratio() < SLIP


def _merge(wordings: Sequence[_Wording], same: Truths, wanted: Truths) -> list[list[_Wording]]:
    """Around whichever most followers are near to, then around the next; the middle is each one's first."""
    weights = np.array([len(one.followers) for one in wordings], np.float32)
    left = wanted.copy()
    mass = same[:, left] @ weights[left]
    merged: list[list[_Wording]] = []
    while left.any():
        middle = int(np.argmax(np.where(left, mass, -1)))
        if mass[middle] < FOLLOWERS:
            break
        members: list[int] = np.flatnonzero(left & same[middle]).tolist()
        left[members] = False
        mass -= same[:, members] @ weights[members]
        merged.append([wordings[middle], *(wordings[at] for at in members if at != middle)])
    return merged


def _suggestion(merged: Sequence[_Wording]) -> Suggestion:
    asked = sorted((one for wording in merged for one in wording.asked), key=lambda one: (one.at, one.turn_id))
    public = [wording for wording in merged if wording.public]
    followers = {one.follower_id for one in asked}
    told = public[0] if public else merged[0]
    words = told.public or told.asked
    return Suggestion(
        id=words[0].turn_id,
        question=told.text,
        times=len(asked),
        followers=len(followers),
        first_at=asked[0].at,
        last_at=asked[-1].at,
        surfaces=tuple(surface for surface in Surface if any(one.surface is surface for one in asked)),
        examples=tuple(wording.text for wording in public if wording is not told)[:EXAMPLES],
        private=not public and len(followers) < TOLD,
    )
