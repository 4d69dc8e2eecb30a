"""Whether many strangers at once write like texts, or abuse, to one creator, and what the avatar does then. Pure.

A moment of fame brings many strangers too: they ask, and praise. Only statements that are alike, and what is hostile,
count, and only where it is far more than usual for this creator.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from engage.triage.intent import is_question
from engage.triage.normalise import fold, without_links
from engage.triage.words import find


class Level(StrEnum):
    """How quiet the avatar is in public while it lasts. Direct messages are answered as ever."""

    SLOW = "slow"  # only known followers are answered in public
    SILENT = "silent"  # nobody is


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on it is a raid, and how long the avatar is quiet.

    people: strangers with like or hostile texts within `window`, at least; 0: nothing is ever one. times: as many times
    the usual strangers in such a window. share: of the strangers there are. silent: as many make it SILENT.
    """

    people: int = 15
    window: timedelta = timedelta(minutes=10)
    times: float = 4.0
    share: float = 0.4
    silent: int = 40
    quiet: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a follower wrote who was never met before the window. hostile: it was found to be abusive."""

    follower_id: str
    text: str
    hostile: bool = False


@dataclass(frozen=True, slots=True)
class Raid:
    """What was found: `people` take part."""

    level: Level
    people: int


_WORD = re.compile(r"[^\W_]+")
_COURTESIES = ("praise", "thanks", "greeting")
_LEAST_WORDS = 3  # shorter texts are alike by chance
_ALIKE = 0.6  # share of words that two texts have in common, from which they are one text in two spellings


def assess(arrivals: Sequence[Arrival], usual: float, thresholds: Thresholds) -> Raid | None:
    """The raid that these strangers make, if they do. usual: strangers in a window of this creator's, on average."""
    strangers = {one.follower_id for one in arrivals}
    if not thresholds.people or len(strangers) < max(thresholds.people, thresholds.times * usual):
        return None
    taking_part = {one.follower_id for one in arrivals if one.hostile} | _alike(arrivals)
    if len(taking_part) < max(thresholds.people, thresholds.share * len(strangers)):
        return None
    return Raid(Level.SILENT if len(taking_part) >= thresholds.silent else Level.SLOW, len(taking_part))


def _alike(arrivals: Sequence[Arrival]) -> set[str]:
    """The followers behind the text that most of them wrote, in any spelling."""
    groups: list[tuple[frozenset[str], set[str]]] = []
    for words, who in _texts(arrivals):
        same = next((people for known, people in groups if len(words & known) >= _ALIKE * len(words | known)), None)
        if same is None:
            groups.append((words, set(who)))
        else:
            same.update(who)
    return max((people for _, people in groups), key=len, default=set())


def _texts(arrivals: Sequence[Arrival]) -> list[tuple[frozenset[str], set[str]]]:
    """Each text once as its words, with who wrote it, the most written first."""
    people: dict[frozenset[str], set[str]] = {}
    for one in arrivals:
        folded = fold(without_links(one.text))
        words = frozenset(_parts(folded))
        if len(words) >= _LEAST_WORDS and not _is_welcome(folded):
            people.setdefault(words, set()).add(one.follower_id)
    order = Counter({words: len(who) for words, who in people.items()})
    return [(words, people[words]) for words, _ in order.most_common()]


def _is_welcome(folded: str) -> bool:
    """Kind words, and what many ask alike on a good day: "what song is that?"."""
    return is_question(folded, ("en",)) or any(find("social", kind, folded) for kind in _COURTESIES)


def _parts(folded: str) -> list[str]:
    """Words; pairs of letters in scripts that write no blanks."""
    words = _WORD.findall(folded)
    return [part for word in words for part in (_pairs(word) if len(word) > 1 and ord(word[0]) > 0x0E00 else [word])]


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(len(word) - 1)]
