"""What a follower's flood and a creator's day may cost, on both databases: counted before it is spent."""

from datetime import timedelta

import pytest

from engage.ledger import erasure, spendings
from engage.ledger.spendings import BUDGET, FATIGUE, Limits, take
from engage.models import Answer, Card, Disclosure, Reply
from tests.ledger.house import House

CALLS = Limits(calls_per_hour=2)


def asked(house: House, who: str, count: int) -> list[str]:
    """Turns of one follower in as many conversations, claimed at once."""
    for number in range(count):
        house.tell("message", "how long?", who=who, where=f"{who}-{number}")
    house.later(seconds=2)
    return [one.id for one in house.claim()]


def test_a_flood_by_one_follower_costs_no_more_than_an_hours_calls(house: House) -> None:
    flood = asked(house, "ann", 5)
    assert house.do(take, flood[:3], CALLS, house.now) == ["", "", FATIGUE]
    assert house.do(take, flood[3:], CALLS, house.now) == [FATIGUE, FATIGUE]  # another worker, later


def test_the_calls_of_one_follower_are_nobody_elses(house: House) -> None:
    house.do(take, asked(house, "ann", 3), CALLS, house.now)
    assert house.do(take, asked(house, "ben", 1), CALLS, house.now) == [""]


def test_after_an_hour_a_follower_may_cost_again(house: House) -> None:
    flood = asked(house, "ann", 3)
    house.do(take, flood, CALLS, house.now)
    assert house.do(take, flood[:1], CALLS, house.now + timedelta(minutes=59)) == [FATIGUE]
    assert house.do(take, flood[:1], CALLS, house.now + timedelta(minutes=60)) == [""]


def test_without_limits_everything_is_paid(house: House) -> None:
    assert house.do(take, asked(house, "ann", 3), Limits(), house.now) == ["", "", ""]
    assert house.do(take, ["gone"], CALLS, house.now) == [""]


def test_a_creators_day_has_so_many_replies(house: House) -> None:
    house.answered()
    limits = Limits(replies_per_day=1)
    mine = asked(house, "ben", 1)
    assert house.do(take, mine, limits, house.now) == [BUDGET]
    assert house.do(take, mine, limits, house.now + timedelta(days=1)) == [""]
    assert house.do(take, mine, Limits(replies_per_day=2), house.now) == [""]


@pytest.mark.parametrize(("limit", "said"), [(0.02, BUDGET), (0.05, "")])
def test_a_creators_day_has_so_much_money(house: House, limit: float, said: str) -> None:
    paid = Answer(Reply("8 weeks", Disclosure.NATIVE), Card(reasons=("question",), cost=0.02))
    house.tell("message", "how long?", who="ann")
    house.later(seconds=2)
    [claimed] = house.claim()
    assert house.conclude(claimed, paid) == "done"
    mine, limits = asked(house, "ben", 1), Limits(cost_per_day=limit)
    assert house.do(take, mine, limits, house.now) == [said]
    assert house.do(take, mine, limits, house.now + timedelta(days=1)) == [""]


def test_what_counts_for_nothing_any_more_is_forgotten(house: House) -> None:
    house.do(take, asked(house, "ann", 1), CALLS, house.now)
    assert house.do(spendings.forget_old, house.now + timedelta(hours=47)) == 0
    assert house.do(spendings.forget_old, house.now + timedelta(hours=49)) == 1


def test_a_follower_who_is_erased_leaves_no_count(house: House) -> None:
    house.do(take, asked(house, "ann", 1), CALLS, house.now)
    house.do(erasure.forget_follower, "paper", "ann")
    assert house.do(spendings.forget_old, house.now + timedelta(days=9)) == 0
