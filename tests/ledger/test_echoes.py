"""Our own post comes back: it settles exactly the reply it is, in whatever state that waits."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engage.ledger import outbox
from engage.ledger.sendings import Sending
from engage.ledger.tables import conversations, followers, replies, turns
from engage.models import Receipt, Surface
from tests.ledger.house import OWN_ID, House

ROOM = {"surface": Surface.LIVE, "where": "live:me"}


def two_in_a_room(house: House) -> tuple[Sending, Sending]:
    """The same words for two followers of a live room, both being sent."""
    house.tell(who="ann", **ROOM)
    house.tell(who="bob", **ROOM)
    house.later(seconds=2)
    house.conclude_all(house.claim(Surface.LIVE))
    first, second = house.claim_replies()
    return first, second


def states(house: House) -> dict[str, str]:
    return {row.id: row.state for row in house.rows(replies)}


def test_the_same_words_to_another_follower_settle_nothing(house: House) -> None:
    first, second = two_in_a_room(house)
    for one in (first, second):
        house.do(outbox.mark_uncertain, one, house.now, "the answer was lost")
    house.tell("echo", "About an hour.", id="r2", who=OWN_ID, reply_to=second.outgoing.in_reply_to, **ROOM)
    assert states(house) == {first.outgoing.id: "uncertain", second.outgoing.id: "sent"}


def test_a_post_is_ours_however_the_platform_spaces_its_words(house: House) -> None:
    house.answered("About an hour.\nThen let it  rest.")
    house.claim_reply()
    house.tell("echo", "About an hour. Then let it rest.", id="r1", who=OWN_ID)
    assert (house.row(replies).state, house.row(replies).receipt_id) == ("sent", "r1")


@pytest.mark.parametrize("taken", ["together", "one by one"])
@pytest.mark.parametrize(
    "left",
    [
        lambda house, sending: None,
        lambda house, sending: house.do(outbox.mark_uncertain, sending, house.now, "lost"),
        lambda house, sending: house.do(outbox.mark_due, sending, house.now + timedelta(minutes=2), "lost"),
    ],
    ids=["sending", "uncertain", "to be sent again"],
)
def test_a_post_that_comes_back_settles_a_reply_that_may_be_out(
    house: House, left: Callable[[House, Sending], None], taken: str
) -> None:
    house.answered()
    sending = house.claim_reply()
    left(house, sending)
    echo = house.event("echo", "About an hour.", id="r1", who=OWN_ID, reply_to=sending.outgoing.in_reply_to)
    others = [house.event("takeover", "Me", id="mine", who=OWN_ID)] if taken == "one by one" else []
    house.keep(echo, *others)
    assert house.take_in().failures == {}
    row = house.row(replies)
    assert (row.state, row.receipt_id) == ("sent", "r1")


def test_a_reply_that_was_never_sent_is_settled_by_nothing(house: House) -> None:
    house.answered()
    house.tell("echo", "About an hour.", id="r1", who=OWN_ID)
    assert house.row(replies).state == "due"


@pytest.mark.parametrize("taken", ["together", "one by one"])
def test_our_own_post_is_not_answered_though_the_platform_names_another_author(house: House, taken: str) -> None:
    """Some platforms tell the same account by different ids in different places."""
    house.answered()
    house.do(outbox.mark_sent, house.claim_reply(), Receipt("r1", house.now))
    told = house.event("message", "About an hour.", id="r1", who="another id of ours")
    others = [house.event("takeover", "Me", id="mine", who=OWN_ID)] if taken == "one by one" else []
    house.keep(told, *others)
    assert house.take_in().failures == {}
    assert [row.platform_user_id for row in house.rows(followers)] == ["ann"]
    assert len(house.rows(turns)) == 1


@pytest.mark.parametrize("kind", ["takeover", "echo"])
def test_a_live_message_answered_privately_is_no_take_over(house: House, kind: str) -> None:
    """The direct message comes back before its receipt is written, and stands in another conversation."""
    first, second = two_in_a_room(house)
    private = {"surface": Surface.DM, "where": "dm:bob"}
    house.tell(kind, second.outgoing.text, id="private", who=OWN_ID, **private)
    assert set(states(house).values()) == {"sending"}, "nothing tells whose it was"
    assert {row.human_until for row in house.rows(conversations)} == {None}
    house.do(outbox.mark_sent, second, Receipt("private", house.now))
    house.tell(kind, second.outgoing.text, id="private", who=OWN_ID, **private)
    assert states(house) == {first.outgoing.id: "sending", second.outgoing.id: "sent"}
    house.tell("takeover", "I'm here myself.", id="mine", who=OWN_ID, **private)
    (talk,) = [row for row in house.rows(conversations) if row.platform_id == "dm:bob"]
    assert talk.human_until is not None
