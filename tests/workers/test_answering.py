"""Which turns a worker takes on, and when it leaves one to others: over a real ledger, with an avatar that waits."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from engage.avatar import Avatar
from engage.ledger import turns
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.database import Database
from engage.memory import freshness
from engage.memory.importers.rows import Said
from engage.memory.library import import_rows
from engage.memory.search import Memory
from engage.models import Card, Outcome, Persona, Skip, Surface, Turn
from engage.settings import load
from tests.ledger.house import House
from workers.answering import Answering
from workers.crew import Crew
from workers.runtime import Runtime, utc_now

LEASE = timedelta(seconds=5)
PLACES = 16


class Thinking:
    """An avatar that begins, and ends when it is told to."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()  # creators
        self.may_end = asyncio.Event()

    async def answer(self, turn: Turn, persona: Persona) -> Outcome:
        self.asked[persona.name] += 1
        await self.may_end.wait()
        return Skip(Card(reasons=("test",)))


@pytest.fixture
def house(db: Database) -> House:
    return House(db, now=utc_now())


@pytest.fixture
def runtime(db_url: str, tmp_path: Path) -> Iterator[Runtime]:
    nowhere = "redis://127.0.0.1:1/0"
    chosen = load({}, home=tmp_path / "home", database_url=db_url, redis_url=nowhere, concurrency=PLACES, lease=5)
    runtime = Runtime.start(chosen)
    yield runtime
    asyncio.run(runtime.aclose())


@pytest.fixture
async def work(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Answering, Thinking]]:
    thinking = Thinking()

    async def avatar() -> Avatar:
        return cast(Avatar, thinking)

    async def connector(*_: Any, **__: Any) -> Any:
        return Able()

    monkeypatch.setattr(runtime, "avatar", avatar)
    monkeypatch.setattr(runtime, "connector", connector)
    answering = Answering(runtime, "host:1:a", list(turns_lanes()), lambda _: None)
    async with answering.conclusions:
        yield answering, thinking
        thinking.may_end.set()
        if answering.crew.tasks:
            await asyncio.wait(answering.crew.tasks)


class Able:
    """A platform that lets us answer."""

    async def capabilities(self, *_: Any) -> Any:
        from engage.models import Capabilities

        return Capabilities(may_reply=True)


def turns_lanes() -> tuple[Surface, ...]:
    return (Surface.LIVE, Surface.DM, Surface.COMMENT)


def ask(house: House, count: int, surface: Surface = Surface.COMMENT, account: str = "") -> None:
    for number in range(count):
        house.keep(house.event(who=f"f{number}", where=f"{surface}-{number}", surface=surface), account=account)
    while house.take_in().deliveries:
        continue


def make_due(house: House) -> None:
    from sqlalchemy import update

    from engage.ledger.tables import turns as table

    house.do(lambda tx: tx.execute(update(table).values(due_at=utc_now() - timedelta(seconds=1))))


async def test_what_waits_in_upper_lanes_leaves_places_to_the_lower_ones(
    house: House, work: tuple[Answering, Thinking]
) -> None:
    answering, _ = work
    ask(house, 2 * PLACES, Surface.LIVE)
    ask(house, 3, Surface.COMMENT)
    make_due(house)
    await answering.step()
    assert answering.crew.by_lane == {"live": PLACES - 4, "comment": 3}


async def test_one_creator_s_flood_takes_a_share_while_others_are_active(
    house: House, work: tuple[Answering, Thinking]
) -> None:
    answering, _ = work
    for number in range(3):
        _, account = house.add_creator(f"quiet{number}", f"q{number}")
        ask(house, 1, account=account)
    make_due(house)
    await answering.step()
    ask(house, 2 * PLACES)
    make_due(house)
    await answering.step()
    await answering.step()
    assert answering.crew.by_creator[house.creator.id] <= -(-PLACES // 3)


async def test_a_worker_that_was_frozen_past_its_lease_asks_no_model(
    house: House, work: tuple[Answering, Thinking]
) -> None:
    answering, thinking = work
    ask(house, 1)
    make_due(house)
    long_ago = utc_now() - timedelta(minutes=1)
    (claimed,) = house.do(turns.claim, Surface.COMMENT, 1, "host:1:a", LEASE, long_ago + timedelta(seconds=59))
    frozen = house.do(turns.sweep, {}, utc_now() + timedelta(minutes=1))
    assert frozen == 1
    (other,) = house.do(turns.claim, Surface.COMMENT, 1, "other", LEASE, utc_now() + timedelta(minutes=2))
    done = Conclusion(other, Skip(Card(reasons=("test",))), utc_now())
    assert house.do(conclude_all, [done], 2, utc_now()) == ["done"]
    object.__setattr__(claimed, "lease_until", long_ago)
    await answering._answer(claimed, None)
    assert not thinking.asked


async def test_a_slow_worker_that_still_holds_its_turn_goes_on(house: House, work: tuple[Answering, Thinking]) -> None:
    answering, thinking = work
    ask(house, 1)
    make_due(house)
    (claimed,) = house.do(turns.claim, Surface.COMMENT, 1, "host:1:a", LEASE, utc_now())
    object.__setattr__(claimed, "lease_until", utc_now() - timedelta(minutes=1))
    thinking.may_end.set()
    await answering._answer(claimed, None)
    assert sum(thinking.asked.values()) == 1


async def test_places_are_shared_by_how_many_creators_are_active() -> None:
    crew, over = Crew(places=8), asyncio.Event()
    shares = [crew.share]
    for name in "abcdef":
        crew.start(waiting(over), "comment", name, lambda: None)
        shares.append(crew.share)
    over.set()
    await asyncio.wait(crew.tasks)
    assert shares == [8, 8, 4, 3, 2, 2, 2]
    assert (crew.free, crew.by_creator) == (8, {})


async def waiting(over: asyncio.Event) -> None:
    await over.wait()


async def test_a_claim_tells_the_memory_how_often_the_creators_words_have_changed(
    house: House, work: tuple[Answering, Thinking], runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 600.0)
    answering, _ = work
    memory = Memory(runtime.db, None)
    runtime._memory = memory
    memory.corpus(house.creator.id)
    import_rows(runtime.db, house.creator.id, [Said("cat", "My cat purrs.")])
    assert memory.is_known(house.creator.id)
    ask(house, 1)
    make_due(house)
    await answering.step()
    assert not memory.is_known(house.creator.id)
    assert len(memory.corpus(house.creator.id).passages) == 1
