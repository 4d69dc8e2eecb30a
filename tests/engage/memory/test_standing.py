"""What speaks for a passage before anything is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from engage.memory.standing import ANSWERED, RECENT, doubts, priors
from engage.models import Passage, PassageKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def passage(text: str = "words", kind: PassageKind = PassageKind.POST, age: float | None = None) -> Passage:
    return Passage("p", "s", kind, text, said_at=None if age is None else NOW - timedelta(days=age))


@pytest.mark.parametrize(
    "text",
    [
        "Not really sure, sorry.",
        "I don’t know if it fits.",
        "No idea, contact the seller.",
        "No sé si se puede, ni idea.",
        "Das weiß ich leider nicht.",
        "这个我不太清楚",
        "Не знаю, к сожалению.",
    ],
)
def test_a_text_that_says_it_does_not_know_answers_less(text: str) -> None:
    assert doubts([passage(text)])[0] > 0


@pytest.mark.parametrize(
    "text", ["I surely know how to bake.", "You know it fits.", "It fits a 40 cm rack.", "她知道怎么做"]
)
def test_a_text_that_knows_does_not(text: str) -> None:
    assert doubts([passage(text)])[0] == 0


def test_the_newest_are_ahead_and_what_has_no_date_is_in_between() -> None:
    newest, undated, oldest = priors([passage(age=0), passage(), passage(age=4_000)]).tolist()
    assert newest == pytest.approx(RECENT)
    assert newest > undated > oldest > 0


def test_an_answer_to_a_follower_is_ahead_of_a_post() -> None:
    post, pair, faq = priors([passage(kind=kind) for kind in (PassageKind.POST, PassageKind.PAIR, PassageKind.FAQ)])
    assert pair - post == pytest.approx(ANSWERED)
    assert faq == pair
