"""What another's view of a text changes: what a follower wrote, and what is about to be posted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engage.avatar import Avatar
from engage.errors import Unavailable
from engage.models import Answer, Escalate, Outcome, Skip, Surface, Turn
from engage.triage import Policy
from tests.engage.answering import NOW, PRICE, QUESTION, TILLY, Memory, Writer, turn


@dataclass
class Moderator:
    """Finds what it was told in texts that hold a word."""

    found: dict[str, Mapping[str, float]] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)
    closed: bool = False

    async def scores(self, text: str) -> Mapping[str, float]:
        self.asked.append(text)
        if self.away:
            raise Unavailable("away")
        return next((scores for word, scores in self.found.items() if word in text), {})

    async def aclose(self) -> None:
        self.closed = True


async def decided(moderator: Moderator, asked: Turn | None = None, writer: Writer | None = None) -> Outcome:
    avatar = Avatar(Memory(), writer or Writer(), None, Policy(), lambda: NOW, moderator=moderator)
    outcome = await avatar.answer(asked or turn(), TILLY)
    await avatar.aclose()
    assert moderator.closed
    return outcome


async def test_what_it_finds_in_a_message_counts_like_our_own_findings() -> None:
    public = turn(surface=Surface.COMMENT)
    found = await decided(Moderator({"scarf?": {"abuse": 0.9}}), public)
    assert (type(found), found.card.reasons) == (Skip, ("abuse",))
    found = await decided(Moderator({"scarf?": {"self_harm": 0.9}}), public)
    assert (type(found), found.card.reasons) == (Escalate, ("crisis",))
    assert isinstance(await decided(Moderator({"scarf?": {"abuse": 0.1}}), public), Answer)


async def test_what_it_finds_in_our_own_reply_is_not_posted() -> None:
    moderator = Moderator({PRICE: {"abuse": 0.9}})
    found = await decided(moderator)
    assert (type(found), found.card.reasons) == (Escalate, ("moderated",))
    assert moderator.asked[0] == QUESTION
    assert PRICE in moderator.asked[1]


async def test_where_it_is_away_our_own_checks_decide_and_the_card_says_so() -> None:
    moderator = Moderator(away=True)
    found = await decided(moderator)
    assert isinstance(found, Answer)
    assert "moderation unavailable" in found.card.reasons
    assert len(moderator.asked) == 1  # nobody waits for it twice


async def test_what_is_not_answered_is_shown_to_nobody_else() -> None:
    moderator = Moderator()
    found = await decided(moderator, turn("are you a bot?"))
    assert isinstance(found, Answer)
    assert moderator.asked == []
