"""Between which two steps a killed worker was, and who was asked for twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engage.ledger.database import Database
from engage.models import Surface
from tests.ledger.house import House
from workers.chaos.census import CLAIM, MODEL, OUTBOX, SEND, Held, called_again, gaps, held_by

OWNER = "machine:4711:abcd"


@pytest.fixture
def house(db: Database) -> House:
    return House(db)


def held(*asked: str, sending: tuple[str, ...] = ()) -> Held:
    return Held(frozenset(asked), frozenset(sending))


@pytest.mark.parametrize(
    ("left", "found"),
    [
        (held("f_1"), {CLAIM}),
        (held("f_2"), {MODEL}),
        (held(sending=("m1",)), {OUTBOX}),
        (held(sending=("m2",)), {SEND}),
        (held("f_1", "f_2", sending=("m1", "m2")), {CLAIM, MODEL, OUTBOX, SEND}),
        (held(), set()),
    ],
)
def test_the_model_and_the_platform_tell_the_gaps_apart(left: Held, found: set[str]) -> None:
    assert gaps(left, called={"f_2"}, shown={"m2"}) == found


def test_only_what_the_killed_process_holds_counts(house: House) -> None:
    house.tell(text="How long? (f_1)", who="f_1", where="t1")
    house.tell(text="How much? (f_2)", who="f_2", where="t2")
    house.later(seconds=2)
    first, _ = house.claim(owner=OWNER)
    assert house.do(held_by(4711)).asked == {"f_1", "f_2"}
    assert house.do(held_by(11)) == house.do(held_by(471)) == held()
    house.conclude(first)
    sending = house.claim_reply(owner=OWNER)
    assert house.do(held_by(4711)) == held("f_2", sending=(sending.outgoing.in_reply_to,))


def test_a_call_before_the_reply_was_stored_is_in_order_and_one_after_it_is_not(house: House) -> None:
    house.answered(text="About an hour.", who="f_1", surface=Surface.COMMENT)
    stored_at = house.now.timestamp()
    asked: Callable[[float], dict[str, list[float]]] = lambda at: {"": [at]}  # noqa: E731 - its question has no mark
    assert house.do(called_again(asked(stored_at - 1))) == []
    assert house.do(called_again(asked(stored_at + timedelta(seconds=1).total_seconds()))) == [""]
