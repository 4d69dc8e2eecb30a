"""One turn through triage, memory, composer and guard: what comes out, and what its card says."""

from dataclasses import replace

import pytest

from engage.compose.extractive import ExtractiveComposer
from engage.errors import Malformed, Retryable, Unavailable
from engage.facts import Fact, FactKind
from engage.models import (
    Answer,
    Disclosure,
    Escalate,
    Evidence,
    Follower,
    Outcome,
    Skip,
    Surface,
)
from engage.triage import FORGET_ME, Policy
from engage.voice.judged import Judged
from tests.engage.answering import CARE, FOUND, NOT_FOUND, NOW, PRICE, QUESTION, Memory, Writer, outcome, posted, turn

# Answers


async def test_a_question_is_answered_from_the_creators_words() -> None:
    result = await outcome()
    assert isinstance(result, Answer)
    assert result.reply.text == f"{PRICE} {CARE}"
    assert [one.passage_id for one in result.reply.evidence] == ["scarf", "scarf"]


async def test_the_composer_without_a_model_answers_too() -> None:
    result = await outcome(writer=ExtractiveComposer())
    assert isinstance(result, Answer)
    assert result.reply.text == f"{PRICE} {CARE}"
    assert result.reply.evidence[0] == Evidence(PRICE, "scarf", 0.95)
    assert result.card.model == "extractive"


async def test_memory_is_asked_for_this_creator_only() -> None:
    memory = Memory()
    await outcome(memory=memory, policy=Policy(passages=3))
    assert memory.asked == [("c1", QUESTION, 3)]


async def test_another_creators_turn_is_refused() -> None:
    memory = Memory()
    with pytest.raises(ValueError, match="belongs to creator c2"):
        await outcome(turn(creator_id="c2"), memory=memory)
    assert memory.asked == []


# Declining


@pytest.mark.parametrize(("surface", "kind"), [(Surface.DM, Escalate), (Surface.COMMENT, Skip), (Surface.LIVE, Skip)])
async def test_what_the_creator_never_said_waits_in_private_and_stays_open_in_public(
    surface: Surface, kind: type[Outcome]
) -> None:
    writer = Writer()
    result = await outcome(turn(surface=surface), writer, Memory(NOT_FOUND))
    assert isinstance(result, kind)
    assert "unsupported" in result.card.reasons
    assert result.card.supported is False
    assert writer.calls == 0


@pytest.mark.parametrize(("surface", "kind"), [(Surface.DM, Escalate), (Surface.COMMENT, Skip)])
async def test_a_composer_may_decline_with_its_reason(surface: Surface, kind: type[Outcome]) -> None:
    result = await outcome(turn(surface=surface), Writer("", reason="too personal"))
    assert isinstance(result, kind)
    assert "too personal" in result.card.reasons


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
@pytest.mark.parametrize(("text", "kind"), [("good evening!", "greeting"), ("love it", "praise"), ("thanks", "thanks")])
async def test_kind_words_without_a_reply_are_named_on_the_card(text: str, kind: str, surface: Surface) -> None:
    result = await outcome(turn(text, surface), ExtractiveComposer(), Memory(NOT_FOUND))
    assert isinstance(result, Skip)
    assert result.card.reasons == (kind, "unsupported")


async def test_a_model_that_talks_nonsense_leads_to_a_person() -> None:
    result = await outcome(writer=Writer(error=Malformed("no JSON")))
    assert isinstance(result, Escalate)
    assert {"malformed", "no JSON"} <= set(result.card.reasons)


@pytest.mark.parametrize("error", [Unavailable("model is away"), Retryable("later")])
async def test_a_model_that_is_away_is_tried_again_later(error: Retryable) -> None:
    with pytest.raises(Retryable) as raised:
        await outcome(writer=Writer(error=error))
    assert raised.value is error


async def test_a_memory_that_is_away_is_tried_again_later() -> None:
    with pytest.raises(Unavailable):
        await outcome(memory=Memory(error=Unavailable()))


async def test_a_skipped_turn_asks_neither_memory_nor_model() -> None:
    memory, writer = Memory(), Writer()
    result = await outcome(turn("👍", Surface.COMMENT), writer, memory)
    assert isinstance(result, Skip)
    assert (memory.asked, writer.calls) == ([], 0)
    assert result.card.supported is None


# Fixed texts: never generated


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("are you a bot?", Answer, "automated"),
        ("es-tu un bot ?", Answer, "automatisé"),
        ("I want to talk to a real human", Escalate, "automated"),
        ("I want to kill myself", Escalate, "findahelpline.com"),
    ],
)
async def test_what_must_not_be_generated_has_a_fixed_text(text: str, kind: type[Outcome], words: str) -> None:
    memory, writer = Memory(), Writer()
    result = await outcome(turn(text), writer, memory)
    assert isinstance(result, kind)
    assert not isinstance(result, Skip)
    assert result.reply is not None
    assert words in result.reply.text
    assert result.reply.disclosure is Disclosure.TEXT
    assert (memory.asked, writer.calls) == ([], 0)


async def test_who_says_stop_gets_no_word_more() -> None:
    memory, writer = Memory(), Writer()
    result = await outcome(turn("stop messaging me"), writer, memory)
    assert isinstance(result, Skip)
    assert result.card.reasons == ("opt_out",)
    assert (memory.asked, writer.calls) == ([], 0)


# The card


async def test_the_card_holds_why_from_what_and_at_what_cost() -> None:
    async def judge(_creator: str, _text: str, _surface: Surface, _language: str) -> Judged:
        return Judged(0.8, 0.5)

    result = await outcome(judge=judge, policy=Policy(price_in=2.0, price_out=10.0))
    card = result.card
    assert "question" in card.reasons
    assert card.language == "en"
    assert set(card.labels) >= {"injection", "spam", "abuse", "self_harm", "restricted"}
    assert (card.sources, card.supported) == (FOUND.passages, True)
    assert card.style == 0.8
    assert (card.model, card.prompt_version, card.tokens_in, card.tokens_out) == ("some:model", "p1", 2000, 100)
    assert card.cost == pytest.approx(0.005)
    assert card.draft == f"{PRICE} {CARE}"
    assert card.ms >= 0


async def test_a_degraded_search_is_noted_on_the_card() -> None:
    result = await outcome(memory=Memory(replace(FOUND, note="vectors unavailable")))
    assert "vectors unavailable" in result.card.reasons


async def test_without_a_style_there_is_no_score() -> None:
    assert (await outcome()).card.style is None


# What a follower told

ANA = Follower("f1", "ana", facts=(Fact(FactKind.NAME, "Ana", "m0", NOW, NOW),))


async def test_what_is_known_is_told_to_the_follower_and_nobody_is_asked() -> None:
    writer, memory = Writer(), Memory()
    result = await outcome(turn("What do you know about me?", follower=ANA), writer, memory)
    assert isinstance(result, Answer)
    assert result.reply.text.endswith("• name: Ana")
    assert (writer.calls, memory.asked) == (0, [])


async def test_who_told_nothing_hears_that_nothing_is_noted() -> None:
    result = await outcome(turn("What do you know about me?"))
    assert isinstance(result, Answer)
    assert "noted nothing about you" in result.reply.text


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
async def test_in_public_nobody_hears_it(surface: Surface) -> None:
    result = await outcome(turn("What do you know about me?", surface, follower=ANA))
    assert isinstance(result, Answer)
    assert "Ana" not in result.reply.text
    assert "direct message" in result.reply.text


async def test_forget_me_is_confirmed_and_the_card_says_it_for_the_ledger() -> None:
    result = await outcome(turn("forget me", follower=ANA))
    assert isinstance(result, Answer)
    assert result.card.reasons == (FORGET_ME,)
    assert "forgotten" in result.reply.text


async def test_a_kind_word_about_what_they_told_needs_no_ground() -> None:
    """A model may greet them by their name; what else it says of them has to be the creator's."""
    belinda = Follower("f1", "xx_scarf_xx", facts=(Fact(FactKind.NAME, "Belinda", "m0", NOW, NOW),))
    said = f"Hi Belinda! {PRICE} Belinda knits the best scarves of Lima."
    assert await posted(Writer(said), turn(follower=belinda)) == f"Hi Belinda! {PRICE}"
    stranger = turn(follower=replace(belinda, facts=()))
    assert await posted(Writer(said), stranger) == PRICE
