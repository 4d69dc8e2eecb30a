"""Crisis, and followers under age, through the whole avatar with a model that has an answer to everything."""

import pytest

from engage.models import Age, Answer, Escalate, Follower, Passage, PassageKind, Recall, Scored, Surface
from engage.triage import TOLD_AGE
from tests.engage.answering import FOUND, PRICE, QUESTION, Memory, Writer, outcome, turn

MODEL = "Anything you like, my friend! Tell me where you live?"
POST = Passage("post", "post", PassageKind.POST, f"{PRICE} Come and see it.")
POSTED = Recall((Scored(POST, 0.9),), supported=True)
YOUNG = Follower("f1", "ana", age=Age.MINOR)
CHILD = Follower("f1", "ana", age=Age.CHILD)


@pytest.mark.parametrize("surface", [Surface.DM, Surface.COMMENT])
@pytest.mark.parametrize(
    ("text", "helped"), [("I want to kill myself", "988"), ("ich will nicht mehr leben", "0800 1110111")]
)
async def test_a_cry_for_help_gets_fixed_text_with_help_lines_and_a_person_and_no_model(
    surface: Surface, text: str, helped: str
) -> None:
    writer = Writer(MODEL)
    result = await outcome(turn(text, surface), writer)
    assert isinstance(result, Escalate)
    assert result.reply is not None
    assert helped in result.reply.text
    assert "findahelpline.com" in result.reply.text
    assert writer.calls == 0


async def test_who_says_to_be_under_age_is_told_that_this_is_no_person() -> None:
    writer = Writer(MODEL)
    result = await outcome(turn("I'm 15 years old. Do you like me?"), writer)
    assert isinstance(result, Answer)
    assert "not a person" in result.reply.text
    assert "adult you trust" in result.reply.text
    assert f"{TOLD_AGE}minor" in result.card.reasons
    assert writer.calls == 0


async def test_a_child_is_left_to_a_person() -> None:
    writer = Writer(MODEL)
    result = await outcome(turn("I'm 9 and I love your videos"), writer)
    assert isinstance(result, Escalate)
    assert result.card.reasons == ("child", f"{TOLD_AGE}child")
    assert result.reply is not None
    later = await outcome(turn(follower=CHILD), writer)
    assert isinstance(later, Escalate)
    assert (later.reply, later.card.reasons) == (None, ("child",))
    assert writer.calls == 0


async def test_who_is_under_age_gets_the_creators_approved_words_and_never_a_models() -> None:
    writer = Writer(MODEL)
    result = await outcome(turn(QUESTION, follower=YOUNG), writer, Memory(FOUND))
    assert isinstance(result, Answer)
    assert PRICE in result.reply.text
    assert "Take a break" in result.reply.text
    assert "minor" in result.card.reasons
    assert writer.calls == 0


async def test_what_was_only_posted_is_no_approved_answer() -> None:
    writer = Writer(MODEL)
    result = await outcome(turn(QUESTION, follower=YOUNG), writer, Memory(POSTED))
    assert isinstance(result, Escalate)
    assert writer.calls == 0


async def test_nothing_is_asked_of_who_is_under_age() -> None:
    asks = Passage("ask", "faq", PassageKind.FAQ, f"{PRICE} Where do you live?", question=QUESTION)
    found = Recall((Scored(asks, 0.9, question_match=0.95),), supported=True)
    result = await outcome(turn(QUESTION, follower=YOUNG), Writer(MODEL), Memory(found))
    assert not isinstance(result, Answer) or "?" not in result.reply.text


async def test_the_truth_is_told_to_who_is_under_age_too() -> None:
    result = await outcome(turn("are you a bot?", follower=YOUNG), Writer(MODEL))
    assert isinstance(result, Answer)
    assert result.card.reasons == ("asked_if_bot",)
