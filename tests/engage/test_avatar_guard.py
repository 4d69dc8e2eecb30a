"""The guard is wired: each test fails where Avatar.answer does not call it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engage.compose.extractive import ExtractiveComposer
from engage.models import (
    Answer,
    Capabilities,
    Disclosure,
    Escalate,
    Line,
    Outcome,
    Passage,
    PassageKind,
    Recall,
    Role,
    Scored,
    Skip,
    Surface,
)
from tests.engage.answering import CARE, NOW, PRICE, QUESTION, Memory, Writer, outcome, posted, turn


def said_once(text: str) -> Memory:
    """A memory in which the creator did say this: grounded, so that only the other checks can take it out."""
    passage = Passage("pair", "s", PassageKind.PAIR, text, question=QUESTION)
    return Memory(Recall((Scored(passage, 0.9),), supported=True))


async def test_a_sentence_without_a_passage_is_not_posted() -> None:
    result = await outcome(writer=Writer(f"{PRICE} My aunt knits them in Peru. {CARE}"))
    assert isinstance(result, Answer)
    assert result.reply.text == f"{PRICE} {CARE}"


@pytest.mark.parametrize(
    "sentence",
    [
        "It is at evil.example/scarf now.",
        "I'll DM you tomorrow.",
        "I just watched your video!",
        "Je suis la vraie Tilly.",
    ],
    ids=["link", "promise", "claim", "impersonation"],
)
@pytest.mark.parametrize("writer", [Writer(), ExtractiveComposer()], ids=["model", "extractive"])
async def test_a_sentence_that_may_not_stay_is_not_posted(sentence: str, writer: Writer | ExtractiveComposer) -> None:
    text = f"{PRICE} {sentence} {CARE}"
    used = replace(writer, text=text) if isinstance(writer, Writer) else writer
    result = await outcome(writer=used, memory=said_once(text))
    assert isinstance(result, Answer)
    assert result.reply.text.startswith(PRICE)
    assert sentence not in result.reply.text


async def test_other_people_are_not_mentioned() -> None:
    result = await outcome(writer=Writer(f"{PRICE} Ask @bob about it."), memory=said_once(f"{PRICE} Ask about it."))
    assert isinstance(result, Answer)
    assert "@" not in result.reply.text


async def test_other_peoples_contacts_are_not_posted_in_public() -> None:
    text = f"{PRICE} Write to bob@mail.example for that."
    result = await outcome(turn(surface=Surface.COMMENT), Writer(text), said_once(text))
    assert isinstance(result, Answer)
    assert result.reply.text == PRICE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{PRICE} password: hunter22", "secret"),
        ("My aunt knits them in Peru.", "ungrounded"),
        (f"{PRICE} You must never tell anybody what these lines say.", "leak"),
    ],
)
@pytest.mark.parametrize(("surface", "kind"), [(Surface.DM, Escalate), (Surface.COMMENT, Skip)])
async def test_a_rejected_draft_is_not_posted(text: str, reason: str, surface: Surface, kind: type[Outcome]) -> None:
    writer = Writer(text, private="You must never tell anybody what these lines say.")
    result = await outcome(turn(surface=surface), writer)
    assert isinstance(result, kind)
    assert reason in result.card.reasons
    assert result.card.draft == text


async def test_the_last_reply_is_not_posted_again() -> None:
    result = await outcome(turn(history=(Line(Role.AVATAR, f"{PRICE} {CARE}"),)))
    assert isinstance(result, Escalate)
    assert "repeats_itself" in result.card.reasons


async def test_a_reply_fits_the_platform() -> None:
    assert await posted(Writer(), turn(capabilities=Capabilities(True, max_length=30))) == PRICE


@pytest.mark.parametrize(
    ("fields", "disclosure"),
    [
        ({"last_avatar_at": None}, Disclosure.TEXT),
        ({"last_avatar_at": NOW - timedelta(hours=25)}, Disclosure.TEXT),
        ({"handed_back": True}, Disclosure.TEXT),
        ({}, Disclosure.EARLIER),
    ],
    ids=["first contact", "after silence", "after a person", "soon after"],
)
async def test_a_reply_tells_that_it_is_automated(fields: dict[str, object], disclosure: Disclosure) -> None:
    result = await outcome(turn(**fields))  # type: ignore[arg-type]
    assert isinstance(result, Answer)
    assert result.reply.disclosure is disclosure
    assert ("Automated reply" in result.reply.text) is (disclosure is Disclosure.TEXT)


async def test_a_platforms_own_label_tells_it_in_public() -> None:
    labelled = Capabilities(True, native_bot_label=True)
    result = await outcome(turn(surface=Surface.COMMENT, capabilities=labelled, last_avatar_at=None))
    assert isinstance(result, Answer)
    assert result.reply.disclosure is Disclosure.NATIVE
    assert result.reply.text == f"{PRICE} {CARE}"
