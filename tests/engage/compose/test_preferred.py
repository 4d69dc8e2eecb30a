"""Which answer to the same question is given."""

from datetime import UTC, datetime, timedelta

from engage.compose.preferred import by_preference
from engage.models import Passage, PassageKind, Scored

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def answer(name: str, kind: PassageKind, match: float = 1.0, days: int | None = None) -> Scored:
    """`days`: before NOW."""
    said_at = None if days is None else NOW - timedelta(days=days)
    return Scored(Passage(name, name, kind, "Yes.", "Do you?", said_at=said_at), 0.9, question_match=match)


def order(*recalled: Scored) -> list[str]:
    return [one.passage.id for one in by_preference(recalled)]


FAQ, CORRECTION, PAIR = PassageKind.FAQ, PassageKind.CORRECTION, PassageKind.PAIR


def test_approved_answers_come_first_then_corrections_then_the_past() -> None:
    recalled = (answer("pair", PAIR), answer("correction", CORRECTION, days=3), answer("faq", FAQ, 0.8, days=1))
    assert order(*recalled) == ["faq", "correction", "pair"]


def test_a_correction_that_came_after_an_approved_answer_comes_before_it() -> None:
    assert order(answer("faq", FAQ, days=2), answer("correction", CORRECTION, days=1)) == ["correction", "faq"]
    assert order(answer("imported", FAQ), answer("correction", CORRECTION, days=1)) == ["correction", "imported"]


def test_a_correction_of_a_less_near_question_does_not() -> None:
    assert order(answer("faq", FAQ, 1.0, days=2), answer("correction", CORRECTION, 0.8, days=1))[0] == "faq"


def test_of_corrections_the_nearest_counts_and_of_equally_near_ones_the_last() -> None:
    recalled = (answer("old", CORRECTION, days=9), answer("new", CORRECTION, 0.99, days=1))
    assert order(*recalled, answer("far", CORRECTION, 0.8, days=0)) == ["new", "old", "far"]


def test_what_answered_another_question_is_no_answer() -> None:
    assert order(answer("faq", FAQ, 0.6), answer("correction", CORRECTION, 0.7), answer("pair", PAIR, 0.7)) == []
