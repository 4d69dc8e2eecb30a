"""A complaint about an order through the whole avatar: a line in public, and where it may be a word in private."""

from dataclasses import replace

import pytest

from engage.compose.extractive import ExtractiveComposer
from engage.models import Capabilities, Disclosure, Escalate, Surface
from tests.engage.answering import NOT_FOUND, Memory, Writer, outcome, turn

COMPLAINT = "Where is my order? It's been three weeks"
PERMITTED = Capabilities(may_reply=True, private_reply=True, max_length=300)


async def test_both_are_fixed_texts_and_the_card_tells_what_is_said_in_private() -> None:
    writer = Writer()
    result = await outcome(turn(COMPLAINT, Surface.COMMENT, capabilities=PERMITTED), writer)
    assert isinstance(result, Escalate)
    assert result.reply is not None
    assert "never in public" in result.reply.text
    assert result.private is not None
    assert result.private.text.startswith("I'm Tilly Hart's AI avatar, an automated account")
    assert "order number" in result.private.text
    assert "no card numbers, bank details or passwords" in result.private.text
    assert result.private.disclosure is Disclosure.TEXT
    assert result.card.private == result.private.text
    assert writer.calls == 0


async def test_it_speaks_the_follower_s_language() -> None:
    result = await outcome(turn("Wo bleibt meine Bestellung?", Surface.COMMENT, capabilities=PERMITTED), Writer())
    assert isinstance(result, Escalate)
    assert result.private is not None
    assert "Bestellnummer" in result.private.text


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
async def test_where_the_platform_permits_none_there_is_none(surface: Surface) -> None:
    able = replace(PERMITTED, private_reply=surface is Surface.LIVE)
    result = await outcome(turn(COMPLAINT, surface, capabilities=able), Writer())
    assert isinstance(result, Escalate)
    assert result.private is None
    assert result.card.private == ""


async def test_a_person_who_is_asked_for_is_told_in_public_only() -> None:
    result = await outcome(turn("Can I talk to a human?", Surface.COMMENT, capabilities=PERMITTED), Writer())
    assert isinstance(result, Escalate)
    assert (result.reply is not None, result.private) == (True, None)


async def test_an_order_number_that_is_sent_there_goes_to_a_person() -> None:
    result = await outcome(turn("#48213"), ExtractiveComposer(), Memory(NOT_FOUND))
    assert isinstance(result, Escalate)
