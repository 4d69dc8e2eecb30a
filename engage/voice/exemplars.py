"""Which of a creator's past answers show best how they would answer this: near it, and unlike each other. Pure."""

from collections.abc import Iterable, Sequence

from engage.memory.lexical import tokens
from engage.memory.sentences import count_words
from engage.models import Passage, PassageKind, Scored, Surface

SHOWN = 4
SHORTEST, LONGEST = 2, 60  # words: less shows nothing, more is a text of its own
CORRECTED = 0.2  # what it counts for that the creator wrote it in the place of the avatar's words
SAME_SURFACE = 0.1  # what it counts for that it was written in the same kind of place
ALIKE = 0.4  # what likeness to one that is shown already counts against


def exemplars(answered: Iterable[Scored], surface: Surface, count: int = SHOWN) -> tuple[Passage, ...]:
    """At most `count` past answers by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    What was answered in private is shown in private only: it holds another follower's words.
    """
    left = {one.passage.id: one for one in answered if _shows(one.passage, surface)}
    shown: list[Passage] = []
    while left and len(shown) < count:
        best = max(left.values(), key=lambda one: (_worth(one, surface, shown), one.passage.id))
        shown.append(left.pop(best.passage.id).passage)
    return tuple(shown)


def _shows(passage: Passage, surface: Surface) -> bool:
    fits = (
        passage.kind in (PassageKind.PAIR, PassageKind.CORRECTION) and SHORTEST <= count_words(passage.text) <= LONGEST
    )
    return fits and bool(passage.question) and (surface is Surface.DM or passage.surface is not Surface.DM)


def _worth(one: Scored, surface: Surface, shown: Sequence[Passage]) -> float:
    liked = SAME_SURFACE * (one.passage.surface is surface) + CORRECTED * (one.passage.kind is PassageKind.CORRECTION)
    return one.question_match + liked - ALIKE * max((_likeness(one.passage, other) for other in shown), default=0.0)


def _likeness(one: Passage, other: Passage) -> float:
    """The share of words that two answers have in common."""
    first, second = set(tokens(one.text)), set(tokens(other.text))
    return len(first & second) / (len(first | second) or 1)
