"""Drafts that do not sound like the creator: written once more, then kept or handed to the creator."""

from dataclasses import dataclass, field, replace

import pytest

from engage.compose.grounding import ground
from engage.errors import Malformed, Unavailable
from engage.models import Answer, Draft, Escalate, Persona, Recall, Skip, Surface, Turn
from engage.triage import Policy
from engage.voice.judged import Judged
from tests.engage.answering import FOUND, PRICE, TILLY, Writer, outcome, turn

UNLIKE = ("usually 6 words (3 to 9), here 12",)
GENERIC = "Thank you for asking! The wool scarf costs €35."


@dataclass
class Rewriter(Writer):
    """Writes again what it is told to, and notes what it was told is unlike the creator."""

    text: str = GENERIC
    again: str = PRICE
    fails: Exception | None = None
    unlike: list[tuple[str, ...]] = field(default_factory=list)

    async def rewrite(
        self, turn: Turn, persona: Persona, recall: Recall, draft: Draft, unlike: tuple[str, ...]
    ) -> Draft:
        self.unlike.append(unlike)
        if self.fails:
            raise self.fails
        return replace(
            draft, text=self.again, evidence=ground(self.again, recall.passages), tokens_in=500, tokens_out=10
        )


async def judge(_creator: str, text: str, _surface: Surface, _language: str) -> Judged:
    """Whoever thanks does not sound like the creator."""
    return Judged(0.2, 0.5, UNLIKE) if "Thank" in text else Judged(0.9, 0.5)


async def stern(_creator: str, text: str, _surface: Surface, _language: str) -> Judged:
    return Judged(0.1 if "Thank" in text else 0.2, 0.5, UNLIKE)


async def test_a_draft_that_does_not_sound_like_the_creator_is_written_once_more() -> None:
    writer = Rewriter()
    result = await outcome(writer=writer, judge=judge, policy=Policy(price_in=2.0, price_out=10.0))
    assert isinstance(result, Answer)
    assert "Thank" not in result.reply.text
    assert writer.unlike == [UNLIKE]
    card = result.card
    assert (card.first_style, card.style, card.unlike) == (0.2, 0.9, ())
    assert (card.tokens_in, card.tokens_out) == (2500, 110), "both drafts are paid for"
    assert card.cost == pytest.approx((2500 * 2 + 110 * 10) / 1e6)


async def test_a_draft_that_sounds_like_the_creator_is_not_touched() -> None:
    writer = Rewriter(text=PRICE)
    result = await outcome(writer=writer, judge=judge)
    assert writer.unlike == []
    assert result.card.first_style is None


async def test_the_second_draft_is_kept_though_it_still_is_unlike_them_and_the_card_says_so() -> None:
    result = await outcome(writer=Rewriter(), judge=stern)
    assert isinstance(result, Answer)
    assert (result.card.first_style, result.card.style, result.card.unlike) == (0.1, 0.2, UNLIKE)


async def test_a_creator_who_wants_it_sees_what_does_not_sound_like_them_before_it_is_sent() -> None:
    strict, reworded = replace(TILLY, strict_voice=True), "It costs €35, the wool scarf."
    result = await outcome(writer=Rewriter(again=reworded), judge=stern, persona=strict)
    assert isinstance(result, Escalate)
    assert result.reply is None
    assert result.card.reasons == ("unlike_creator",)
    assert result.card.draft == reworded
    assert isinstance(await outcome(writer=Rewriter(), judge=judge, persona=strict), Answer)


async def test_the_creator_sets_how_alike_is_alike_enough() -> None:
    writer = Rewriter()
    assert (await outcome(writer=writer, judge=judge, persona=replace(TILLY, voice_border=0.1))).card.style == 0.2
    assert writer.unlike == []


@pytest.mark.parametrize("again", ["", "The wool scarf costs €12."], ids=["declined", "ungrounded"])
async def test_where_the_second_draft_may_not_be_posted_the_first_one_is(again: str) -> None:
    result = await outcome(writer=Rewriter(again=again), judge=judge)
    assert isinstance(result, Answer)
    assert result.reply.text.startswith("Thank you for asking!")
    assert result.card.style == 0.2


async def test_a_second_draft_that_sounds_even_less_like_them_is_dropped() -> None:
    result = await outcome(writer=Rewriter(again=f"Thank you! {GENERIC}"), judge=stern)
    assert isinstance(result, Answer)
    assert result.reply.text.startswith("Thank you for asking!")


async def test_nonsense_in_the_place_of_a_second_draft_leaves_the_first() -> None:
    result = await outcome(writer=Rewriter(fails=Malformed("no JSON")), judge=judge)
    assert isinstance(result, Answer)
    assert result.card.first_style is None


async def test_a_model_that_is_away_for_the_second_draft_leaves_the_turn_for_later() -> None:
    with pytest.raises(Unavailable):
        await outcome(writer=Rewriter(fails=Unavailable("busy")), judge=judge)


async def test_a_low_score_is_shown_also_where_nothing_is_posted() -> None:
    invented = "Thank you so much! The wool scarf costs €99."
    result = await outcome(turn(surface=Surface.COMMENT), Rewriter(text=invented, again=invented), judge=judge)
    assert isinstance(result, Skip)
    assert (result.card.style, result.card.first_style) == (0.2, 0.2)


async def test_a_draft_that_quotes_the_creator_is_not_written_again() -> None:
    writer = Rewriter(text=PRICE)
    assert isinstance(await outcome(writer=writer, judge=stern), Answer)
    assert writer.unlike == []


async def test_what_the_creator_said_themselves_is_not_written_again() -> None:
    class Quotes(Rewriter):
        async def compose(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
            return replace(await super().compose(turn, persona, recall), model="extractive")

    writer = Quotes()
    strict = replace(TILLY, strict_voice=True)
    assert isinstance(await outcome(writer=writer, judge=stern, persona=strict), Answer)
    assert writer.unlike == []
    assert FOUND.supported
