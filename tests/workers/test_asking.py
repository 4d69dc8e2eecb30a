"""A call of the model is paid before it is made, many turns at a time, from the ledger that all workers share."""

import asyncio
from pathlib import Path

import pytest

from engage.errors import Unavailable
from engage.ledger.assemble import assemble_all
from engage.ledger.database import Database
from engage.ledger.spendings import FATIGUE, Limits
from engage.memory.importers.rows import Pair
from engage.memory.library import import_rows
from engage.memory.search import Memory
from engage.models import Answer, Skip, Turn
from engage.settings import load
from tests.fakes.model_server import ModelServer
from tests.ledger.house import House
from workers import build
from workers.asking import Asking, limits_of
from workers.runtime import utc_now


@pytest.fixture
def house(db: Database) -> House:
    return House(db, now=utc_now())


def flood(house: House, count: int) -> list[Turn]:
    """Turns of one follower, in as many conversations."""
    for number in range(count):
        house.tell("message", f"how long do you bake the bread number {number}?", who="ann", where=f"v{number}")
    house.later(seconds=2)
    claimed = [one.id for one in house.claim()]
    return [one.turn for one in house.do(assemble_all, claimed, house.now).values()]


async def test_turns_that_ask_at_once_are_paid_together_and_no_more_than_there_is(house: House) -> None:
    asking = Asking(house.db, Limits(calls_per_hour=2), lambda: house.now)
    turns = flood(house, 5)
    said = await asyncio.gather(*(asking.may(turn) for turn in turns))
    assert sorted(said) == ["", "", FATIGUE, FATIGUE, FATIGUE]
    other = Asking(house.db, Limits(calls_per_hour=2), lambda: house.now)  # another worker
    assert await other.may(turns[0]) == FATIGUE


async def test_where_the_ledger_is_away_nobody_is_paid(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = flood(house, 2)

    async def away(*_: object) -> list[str]:
        raise Unavailable("the database is away")

    monkeypatch.setattr(house.db, "run", away)
    asking = Asking(house.db, Limits(calls_per_hour=2), lambda: house.now)
    said = await asyncio.gather(*(asking.may(turn) for turn in turns), return_exceptions=True)
    assert [type(one) for one in said] == [Unavailable, Unavailable]
    monkeypatch.undo()
    assert await asking.may(turns[0]) == ""


def test_the_composer_without_a_model_calls_none(tmp_path: Path) -> None:
    assert limits_of(load({}, home=tmp_path, replies_per_hour=7)) == Limits()
    chosen = load({}, home=tmp_path, model="openai:m", replies_per_hour=7, creator_cost_per_day=2.5)
    assert limits_of(chosen) == Limits(calls_per_hour=7, cost_per_day=2.5)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_an_avatar_asks_its_model_no_more_for_one_follower(house: House, tmp_path: Path) -> None:
    rows = [Pair("a", "how long do you bake the bread?", "An hour at 230 degrees.")]
    import_rows(house.db, house.creator.id, rows)
    with ModelServer() as server:
        known = {"model": "openai:m", "model_base_url": server.url, "model_api_key": "k" * 20, "replies_per_hour": 3}
        memory = Memory(house.db, None)
        avatar = await asyncio.to_thread(build.avatar, load({}, home=tmp_path, **known), house.db, memory)
        outcomes = [await avatar.answer(turn, house.creator) for turn in flood(house, 8)]
        await avatar.aclose()
        assert server.calls == 3
    assert [type(one) for one in outcomes] == [Answer] * 3 + [Skip] * 5
    assert outcomes[-1].card.reasons[0] == FATIGUE
