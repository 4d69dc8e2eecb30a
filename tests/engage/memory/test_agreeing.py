"""Passages that say the same, and passages that contradict each other."""

from datetime import UTC, datetime

import pytest

from engage.memory.agreeing import contradict, newest_first, without_repeats
from engage.models import Passage, PassageKind, Scored

OLD, NEW = datetime(2023, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


def said(name: str, text: str, at: datetime | None = None, question: str | None = None, score: float = 0.9) -> Scored:
    kind = PassageKind.PAIR if question else PassageKind.POST
    return Scored(Passage(name, name, kind, text, question, said_at=at), score)


def ids(found: "list[Scored] | tuple[Scored, ...]") -> list[str]:
    return [one.passage.id for one in found]


def test_of_texts_that_say_nearly_the_same_the_newest_is_shown_once_at_the_best_place() -> None:
    found = without_repeats(
        [
            said("a", "I oil my chain every two weeks, and always after rain.", OLD),
            said("b", "Grease lasts for years.", score=0.8),
            said("c", "i oil my chain every two weeks and always after rain!!", NEW, score=0.7),
        ],
        5,
    )
    assert ids(found) == ["c", "b"]
    assert found[0].score == 0.9


@pytest.mark.parametrize(
    "other",
    [
        "I oil my chain every 3 weeks, and always after rain.",
        "I do not oil my chain every two weeks, and never after rain.",
    ],
)
def test_another_number_or_a_denial_is_no_repetition(other: str) -> None:
    assert (
        len(without_repeats([said("a", "I oil my chain every 2 weeks, and always after rain."), said("b", other)], 5))
        == 2
    )


def test_no_more_than_asked_for_are_kept() -> None:
    texts = ["red wool hats", "blue garden chairs", "old steel bikes"]
    assert ids(without_repeats([said(text, text) for text in texts], 2)) == texts[:2]


def test_the_newer_of_two_answers_to_one_question_takes_the_better_place_and_the_older_is_marked() -> None:
    older = said("old", "It costs 35 euros.", OLD, "How much is the wool scarf?", 0.95)
    newer = said("new", "That one is 39 euros now.", NEW, "how much is the wool scarf", 0.9)
    first, between, last = newest_first([older, said("x", "Wash it by hand.", NEW), newer])
    assert ids([first, between, last]) == ["new", "x", "old"]
    assert first.score == 0.95
    assert last.superseded_by == "new"
    assert not first.superseded_by


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We ship to Canada.", "We do not ship to Canada."),
        ("The workshop opens at 9 every Saturday morning.", "The workshop opens at 10 every Saturday morning."),
        ("我们周六上午9点开门营业", "我们周六上午10点开门营业"),
    ],
)
def test_a_denial_or_another_number_in_the_same_words_contradicts(one: str, other: str) -> None:
    assert contradict(said("a", one, OLD).passage, said("b", other, NEW).passage)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The wool scarf costs €35.", "The silk scarf costs €50."),
        ("I baked 3 loaves on Sunday.", "I planted 12 trees in May."),
        ("It is 35 euros.", "It is 40 dollars."),
        ("Rye bread needs 2 days.", "Rye bread needs 2 days and a warm place."),
    ],
)
def test_other_things_and_other_currencies_do_not(one: str, other: str) -> None:
    assert not contradict(said("a", one, OLD).passage, said("b", other, NEW).passage)


def test_without_dates_nobody_knows_which_holds_and_both_stay() -> None:
    found = newest_first([said("a", "We ship to Canada."), said("b", "We do not ship to Canada.", NEW)])
    assert not any(one.superseded_by for one in found)
