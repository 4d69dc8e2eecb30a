"""Repeated questions, merged: with the real encoder, and on real questions where they are at hand."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engage.ledger.unanswered import Asked
from engage.memory.encoder import SentenceEncoder
from engage.memory.suggestions import Suggestion, differ_in_matter, suggest
from engage.models import Surface

DATA = Path(os.environ.get("ENGAGE_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
NOW = datetime(2026, 11, 27, tzinfo=UTC)
NORWAY = ("Do you ship to Norway?", "is shipping to norway possible??", "can i get it delivered to norway")


def asked(text: str, who: str = "", surface: Surface = Surface.COMMENT, language: str = "en", at: int = 0) -> Asked:
    return Asked(
        f"t-{who}-{text}-{at}", who or text, (who, f"u-{who}"), surface, language, text, NOW + timedelta(hours=at)
    )


@pytest.fixture
def found(encoder: SentenceEncoder):  # type: ignore[no-untyped-def]
    def work_out(questions: Sequence[Asked], *settled: str) -> list[Suggestion]:
        return suggest(questions, settled, encoder.encode_remembered)

    return work_out


def test_near_duplicates_are_one_suggestion_and_others_are_not(found) -> None:  # type: ignore[no-untyped-def]
    questions = [asked(text, at=at) for at, text in enumerate((*NORWAY, "What lens is that?", "which lens is it"))]
    norway, lens = found(questions)
    assert (norway.question, norway.followers, norway.times) == (NORWAY[0], 3, 3)
    assert (norway.first_at, norway.last_at) == (NOW, NOW + timedelta(hours=2))
    assert set(norway.examples) == {*NORWAY[1:]}
    assert lens.followers == 2


def test_one_person_who_asks_again_and_again_is_no_public(found) -> None:  # type: ignore[no-untyped-def]
    assert found([asked(text, "ana", at=at) for at, text in enumerate(NORWAY)]) == []


def test_how_often_and_by_how_many_are_two_figures(found) -> None:  # type: ignore[no-untyped-def]
    questions = [asked(NORWAY[0], who, at=at) for at, who in enumerate(("ana", "ana", "ben"))]
    (one,) = found(questions)
    assert (one.followers, one.times, one.examples) == (2, 3, ())


@pytest.mark.parametrize(
    "text", ["lol nice", "I ship things too.", "😂😂", "My card is 4111 1111 1111 1111, is it ok?"]
)
def test_what_asks_nothing_or_holds_a_secret_is_not_suggested(found, text: str) -> None:  # type: ignore[no-untyped-def]
    assert found([asked(text, who) for who in ("ana", "ben", "cleo")]) == []


def test_what_was_settled_is_not_suggested_again_in_other_words(found) -> None:  # type: ignore[no-untyped-def]
    questions = [asked(text) for text in NORWAY]
    assert found(questions, "Do you ship to norway") == []
    assert found(questions, "do you like norway in winter?") != []


def test_a_language_the_encoder_hardly_knows_is_compared_by_its_words(found) -> None:  # type: ignore[no-untyped-def]
    questions = [asked("你们发货到挪威吗？", "a", language="zh"), asked("你们 发货到挪威吗", "b", language="zh")]
    (one,) = found(questions)
    assert one.followers == 2


# Direct messages


def test_private_words_count_and_public_ones_are_shown(found) -> None:  # type: ignore[no-untyped-def]
    questions = [
        asked(NORWAY[1], "ana", Surface.DM),
        asked(NORWAY[0], "ben", at=1),
        asked(NORWAY[2], "cleo", Surface.DM),
    ]
    (one,) = found(questions)
    assert (one.question, one.followers, one.private) == (NORWAY[0], 3, False)
    assert one.examples == ()
    assert one.surfaces == (Surface.DM, Surface.COMMENT)


def test_few_peoples_private_words_are_the_creators_to_see(found) -> None:  # type: ignore[no-untyped-def]
    few = [asked("Ana here, do you ship to Norway?", "Ana", Surface.DM), asked(NORWAY[0], "Ben", Surface.DM, at=1)]
    (one,) = found(few)
    assert one.private
    assert "Ana" not in one.question
    (one,) = found([*few, asked(NORWAY[2], "Cleo", Surface.DM, at=2)])
    assert not one.private


# Telling apart


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("do you ship to norway", "do you ship to sweden", True),
        ("does it fit an 18 inch wheel", "will it fit a 20 inch wheel", True),
        ("does it fit an 18 inch wheel", "does it fit any wheel", False),
        ("does it need batteries", "does this need batteries", False),
        ("what colour is it", "what color is it", False),
        ("is it waterproof", "can i use it in the rain", False),
    ],
)
def test_questions_alike_but_for_their_matter_are_kept_apart(one: str, other: str, *, apart: bool) -> None:
    assert differ_in_matter(one.split(), other.split()) is apart


@pytest.mark.skipif(not DATA.is_dir(), reason="the sets of real words are not at hand")
def test_shoppers_questions_are_merged_by_what_they_ask(found) -> None:  # type: ignore[no-untyped-def]
    """A floor under docs/adr/0015: the questions most asked of toys are found, each once among the first ten."""
    lines = (DATA / "product_qa" / "answers.jsonl").read_text().splitlines()
    texts = dict.fromkeys(json.loads(line)["question"].strip() for line in lines[:500])
    first = [one.question for one in found([asked(text) for text in texts])[:10]]
    for word in ("ages", "batter", "tall"):
        assert sum(word in question for question in first) in (1, 2), (word, first)
