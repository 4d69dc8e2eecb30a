"""Which of a creator's past answers show best how they would answer this: near it, and unlike each other. Pure."""

from collections.abc import Iterable

from engage.memory.sentences import count_words
from engage.memory.statements import tokens
from engage.models import Passage, PassageKind, Scored, Surface

SHOWN = 4
SHORTEST, LONGEST = 2, 60  # words: less shows nothing, more is a text of its own
CORRECTED = 0.2  # what it counts for that the creator wrote it in the place of the avatar's words
SAME_SURFACE = 0.1  # what it counts for that it was written in the same kind of place
ALIKE = 0.4  # what likeness to one that is shown already counts against


def exemplars(answered: Iterable[Scored], surface: Surface, count: int = SHOWN) -> tuple[Passage, ...]:
    """At most `count` past answers by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    What was answered in private is never shown: it holds another follower's words.
    """
    left = {one.passage.id: one for one in answered if _shows(one.passage)}
    words = {name: tokens(one.passage.text) for name, one in left.items()}
    shown: list[Passage] = []

    def worth(one: Scored) -> tuple[float, str]:
        alike = max((_share(words[one.passage.id], words[other.id]) for other in shown), default=0.0)
        return _liking(one, surface) - ALIKE * alike, one.passage.id

    while left and len(shown) < count:
        shown.append(left.pop(max(left.values(), key=worth).passage.id).passage)
    return tuple(shown)


def _shows(passage: Passage) -> bool:
    fits = (
        passage.kind in (PassageKind.PAIR, PassageKind.CORRECTION) and SHORTEST <= count_words(passage.text) <= LONGEST
    )
    return fits and bool(passage.question) and passage.surface is not Surface.DM


def _liking(one: Scored, surface: Surface) -> float:
    liked = SAME_SURFACE * (one.passage.surface is surface) + CORRECTED * (one.passage.kind is PassageKind.CORRECTION)
    return one.question_match + liked


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    """Of the words of two answers, those in common."""
    return len(one & other) / (len(one | other) or 1)
