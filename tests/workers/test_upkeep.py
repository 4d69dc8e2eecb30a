"""Sweeping: done by one of many, and passed on when that one is gone."""

from datetime import timedelta

import pytest

from engage.facts import Fact, FactKind
from engage.ledger import duties, raids, sendings, turns
from engage.ledger.database import Database
from engage.ledger.tables import facts, replies
from engage.models import Surface
from engage.raids import Thresholds
from engage.settings import load
from tests.ledger.house import House
from workers import upkeep
from workers.runtime import utc_now
from workers.upkeep import Upkeep


class Stage:
    """What upkeep needs of the runtime."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.turn_expiry = {surface: timedelta(days=2) for surface in Surface}
        self.settings = load()
        self.raid_thresholds = Thresholds(people=5)


@pytest.fixture
def house(db: Database) -> House:
    return House(db, now=utc_now() - timedelta(minutes=10))


def lose_a_turn(house: House, text: str) -> None:
    """A worker takes a turn and dies."""
    house.tell(text=text, where=text)
    house.later(seconds=5)
    claimed = house.do(turns.claim, Surface.COMMENT, 1, "gone", timedelta(seconds=1), house.now)
    assert len(claimed) == 1
    house.later(seconds=5)


def free(house: House) -> bool:
    return all(row.state == "collecting" for row in house.rows(turns.turns))


async def test_of_two_workers_one_sweeps_and_both_wake_their_queues(house: House) -> None:
    woken: list[str] = []
    stage = Stage(house.db)
    one = Upkeep(stage, "one", lambda: woken.append("one"))  # type: ignore[arg-type]
    two = Upkeep(stage, "two", lambda: woken.append("two"))  # type: ignore[arg-type]
    assert await one.sweep() == upkeep.EVERY
    lose_a_turn(house, "lost")
    await two.sweep()
    assert not free(house)
    await one.sweep()
    assert free(house)
    assert woken == ["one", "two", "one"]


async def test_when_the_one_is_gone_the_other_sweeps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "EVERY", timedelta(0))
    stage = Stage(house.db)
    await Upkeep(stage, "one", lambda: None).sweep()  # type: ignore[arg-type]
    lose_a_turn(house, "lost")
    await Upkeep(stage, "two", lambda: None).sweep()  # type: ignore[arg-type]
    assert free(house)


async def test_where_one_sweep_does_not_end_everything_the_next_comes_soon(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    for number in range(3):
        lose_a_turn(house, f"thread-{number}")
    sweeper = Upkeep(Stage(house.db), "one", lambda: None)  # type: ignore[arg-type]
    assert await sweeper.sweep() == upkeep.AGAIN
    assert await sweeper.sweep() == upkeep.EVERY
    assert free(house)


async def test_where_one_sweep_does_not_end_every_reply_the_next_comes_soon(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "SWEPT", 1)
    for number in range(2):
        house.answered(where=f"thread-{number}")
    house.do(sendings.claim_due, 9, "gone", timedelta(seconds=1), house.later(seconds=5))
    sweeper = Upkeep(Stage(house.db), "one", lambda: None)  # type: ignore[arg-type]
    assert [await sweeper.sweep() for _ in range(3)] == [upkeep.AGAIN, upkeep.AGAIN, upkeep.EVERY]
    assert {row.state for row in house.rows(replies)} == {"uncertain"}


async def test_what_followers_told_goes_when_its_time_is_over(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    house.tell(text="My name is Ana", id="m1", surface=Surface.DM)
    told = [Fact(FactKind.PREFERENCE, f"I prefer {n}", "m1", house.now, house.now) for n in ("tea", "rye", "figs")]
    assert house.conclude_all([house.claim_one(Surface.DM)], told=told) == ["done"]
    assert len(house.rows(facts)) == 3
    sweeper = Upkeep(Stage(house.db), "one", lambda: None)  # type: ignore[arg-type]
    assert [await sweeper.sweep() for _ in range(2)] == [upkeep.AGAIN, upkeep.EVERY]
    assert house.rows(facts) == []


def test_many_lost_and_old_turns_end_together(house: House) -> None:
    for number in range(30):
        lose_a_turn(house, f"thread-{number}")
    house.tell(text="too old", where="old")
    later = house.now + timedelta(days=3)
    assert house.do(turns.sweep, {Surface.COMMENT: timedelta(days=2)}, later) == 30 + 31  # freed, and then too old
    assert {row.state for row in house.rows(turns.turns)} == {"expired"}
    assert len(house.rows(turns.decisions)) == 31


async def test_a_sweep_sees_a_raid(house: House) -> None:
    house.now = utc_now()
    for n in range(5):
        house.keep(house.event(text="nobody wants you here anymore", who=f"raider{n}", where=f"video-{n}"))
    house.take_in()
    await Upkeep(Stage(house.db), "one", lambda: None).sweep()  # type: ignore[arg-type]
    assert house.creator.id in house.do(raids.standing, house.now)
