"""Which of several answers to one question is given: what the creator decided before what they once said. Pure.

Approved FAQ answers come first, then corrections, then what is only known from the past. A correction that is younger
than the FAQ answer and at least as near was written although that answer existed: it comes before it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from engage.models import PassageKind, Scored

SAME_QUESTION = 0.75  # question_match from which a past answer answers this one too
SAME_FAQ = 0.66  # … and a standing one, which was written for everybody
VERY_SAME = 0.95  # … and from which the questions differ in nothing but spelling
AS_NEAR = 0.05  # a difference in nearness that says nothing: between spellings of one question it is up to 0.03
DECIDED = (PassageKind.FAQ, PassageKind.CORRECTION)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def asks_the_same(scored: Scored) -> bool:
    """The passage answered this very question."""
    return scored.question_match >= (SAME_FAQ if scored.passage.kind is PassageKind.FAQ else SAME_QUESTION)


def by_preference(recalled: Sequence[Scored]) -> list[Scored]:
    """The passages that answered this very question, the one to answer with first."""
    same = sorted((one for one in recalled if asks_the_same(one) and not one.superseded_by), key=_nearest_then_newest)
    faq = [one for one in same if one.passage.kind is PassageKind.FAQ]
    corrections = [one for one in same if one.passage.kind is PassageKind.CORRECTION]
    newer = [one for one in corrections if faq and _replaces(one, faq[0])]
    others = [one for one in same if one.passage.kind not in DECIDED]
    return [*newer, *faq, *(one for one in corrections if one not in newer), *others]


def _replaces(correction: Scored, faq: Scored) -> bool:
    """An imported FAQ tells no date: it was there before."""
    near = correction.question_match >= faq.question_match - AS_NEAR
    return near and (correction.passage.said_at or _LONG_AGO) > (faq.passage.said_at or _LONG_AGO)


def _nearest_then_newest(scored: Scored) -> tuple[int, float, float, str]:
    passage = scored.passage
    # Dates tell only what was decided: a past answer is not better for being newer.
    said_at = passage.said_at if passage.kind in DECIDED and passage.said_at else _LONG_AGO
    age = -(said_at - _LONG_AGO).total_seconds()
    return -round(scored.question_match / AS_NEAR), age, -scored.question_match, passage.id
