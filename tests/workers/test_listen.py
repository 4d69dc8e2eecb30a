"""The listener: every page once, whoever dies, and no listener beside another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select, update

from engage.errors import ConfigError, EngageError, Unauthorized, Unavailable
from engage.ledger import creators, renewals, sources
from engage.ledger.database import Database
from engage.ledger.tables import accounts, cursors, deliveries, quotas
from engage.limits import POLL, Quota
from engage.models import Persona
from engage.platform import Page, RawEvent
from workers import listen, queues
from workers.listen import Listener

HOUR = timedelta(hours=1)


@dataclass
class Polled:
    """A platform with numbered events, three a page, that counts who asks."""

    events: int = 30
    problems: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    failed: asyncio.Event = field(default_factory=asyncio.Event)
    quotas: tuple[Quota, ...] = ()
    unspent: int = 0

    async def poll(self, cursor: str) -> Page:
        self.asked.append(cursor)
        if self.problems:
            self.failed.set()
            raise self.problems.pop(0)
        start = int(cursor or 0)
        events = [RawEvent(f"event-{n}", b"[]") for n in range(start, min(start + 3, self.events))]
        if not events:
            self.drained.set()
        wait = timedelta(0) if events else HOUR
        return Page(events, str(start + len(events)), wait, self.unspent)


@dataclass
class Counting(Polled):
    """Counts how many ask at the same time."""

    open: int = 0
    most: int = 0

    async def poll(self, cursor: str) -> Page:
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        try:
            return await super().poll(cursor)
        finally:
            self.open -= 1


class Silent:
    """A platform that takes the question and never answers."""

    quotas = ()

    async def poll(self, cursor: str) -> Page:
        await asyncio.Event().wait()
        raise AssertionError


@dataclass
class Streamed:
    """A platform that says one thing and is then silent for as long as anybody listens."""

    quotas: tuple[Quota, ...] = ()
    open: int = 0
    most: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            yield Page([RawEvent("hello", b"[]")], "1", timedelta(0))
            self.opened.set()
            await asyncio.Event().wait()
        finally:
            self.open -= 1
            self.closed.set()


class FaultyDatabase(Database):
    """The real ledger; while `away` is set it cannot be used."""

    away = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if self.away:
            raise Unavailable("the ledger is away")
        with super().transaction() as tx:
            yield tx


class Stage:
    """What a listener needs of the runtime: a ledger, and the platforms of its accounts."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.waker = self
        self.woken: list[str] = []
        self.platforms: dict[str, tuple[str, Any]] = {}
        now = datetime.now(UTC)
        with db.transaction() as tx:
            self._creator = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), now).id

    def add(self, source: str, platform: Any) -> str:
        """An account on `platform`, followed by `source` (poll or stream)."""
        name, now = f"user{len(self.platforms)}", datetime.now(UTC)
        with self.db.transaction() as tx:
            account = creators.connect_account(tx, self._creator, "paper", name, "@" + name, {}, b"", now)
        self.platforms[account] = (source, platform)
        return account

    def offer_of(self, platform: str) -> list[str]:
        return ["poll", "stream"]

    def sources(self, account: Row[Any]) -> list[str]:
        source = self.platforms[account.id][0]
        return [source] if source != "webhook" else []

    async def refresh(self, account_ids: set[str]) -> None:
        return None

    @asynccontextmanager
    async def using(self, account_id: str, *, aged: bool) -> AsyncIterator[Any]:
        platform = self.platforms[account_id][1]
        if isinstance(platform, EngageError):
            raise platform
        yield platform

    def wake(self, queue: str) -> None:
        self.woken.append(queue)

    async def aclose(self) -> None:
        return None

    def rows(self, table: Any) -> list[Row[Any]]:
        with self.db.reading() as tx:
            return list(tx.execute(select(table)))


@pytest.fixture
def stage(sqlite_url: str) -> Iterator[Stage]:
    db = FaultyDatabase(sqlite_url)
    yield Stage(db)
    db.close()


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "ROUND", timedelta(milliseconds=5))
    monkeypatch.setattr(listen, "ERROR_PAUSE", timedelta(0))
    monkeypatch.setattr(listen, "RECONNECT", timedelta(0))


@asynccontextmanager
async def listening(stage: Stage, count: int = 1) -> AsyncIterator[None]:
    """`count` listeners at work until the block ends; then they stop in good order."""
    listeners = [Listener(stage) for _ in range(count)]  # type: ignore[arg-type]
    tasks = [asyncio.create_task(listener.run()) for listener in listeners]
    try:
        async with asyncio.timeout(20):
            yield
    finally:
        for listener in listeners:
            listener.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - a row in the ledger has no event
        await asyncio.sleep(0.005)


async def test_the_longer_a_platform_fails_the_seldomer_it_is_asked_until_it_answers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "ERROR_PAUSE", HOUR)
    monkeypatch.setattr(listen, "LONGEST_PAUSE", 3 * HOUR)
    down = Unavailable("down")
    platform = Polled(events=0, problems=[down, down, down, down])
    stage.add("poll", platform)

    async def asked_again() -> float:
        """The pause that follows, in hours."""
        before, now = len(platform.asked), datetime.now(UTC)
        with stage.db.transaction() as tx:
            tx.execute(update(cursors).values(next_at=now))
        await until(lambda: len(platform.asked) > before and stage.rows(cursors)[0].next_at > now + HOUR / 2)
        return float((stage.rows(cursors)[0].next_at - now) / HOUR)

    async with listening(stage):
        await until(lambda: bool(platform.asked) and stage.rows(cursors)[0].error == "down")
        assert 1.6 < await asked_again() < 2.5
        assert 2.4 < await asked_again() < 3.7, "there is a longest pause"
        assert 2.4 < await asked_again() < 3.7
        await asked_again()  # it answers
        platform.problems.append(down)
        assert 0.8 < await asked_again() < 1.3


async def test_every_page_is_kept_and_the_workers_are_told(stage: Stage) -> None:
    platform = Polled()
    stage.add("poll", platform)
    async with listening(stage):
        await platform.drained.wait()
    assert len(stage.rows(deliveries)) == 30
    assert {row.source for row in stage.rows(deliveries)} == {"poll"}
    assert set(stage.woken) == {queues.INTAKE}
    assert stage.rows(cursors)[0].cursor == "30"


async def test_two_listeners_never_ask_for_the_same_page(stage: Stage) -> None:
    platform = Polled()
    stage.add("poll", platform)
    async with listening(stage, 2):
        await platform.drained.wait()
    assert platform.asked == ["", *(str(n) for n in range(3, 31, 3))]


async def test_a_platform_that_is_away_is_asked_again_and_says_so_meanwhile(stage: Stage) -> None:
    platform = Polled(problems=[Unavailable("maintenance", retry_after=HOUR)])
    stage.add("poll", platform)
    async with listening(stage):
        await until(lambda: bool(stage.rows(cursors)) and stage.rows(cursors)[0].error != "")
    assert stage.rows(cursors)[0].error == "maintenance"
    assert platform.asked == [""]


@pytest.mark.parametrize("problem", [Unavailable("maintenance"), KeyError("a bug of the connector")])
async def test_a_failure_costs_no_page(stage: Stage, problem: Exception) -> None:
    platform = Polled(problems=[problem])
    stage.add("poll", platform)
    async with listening(stage):
        await platform.drained.wait()
    assert len(stage.rows(deliveries)) == 30


def day_of(units: int, cost: int) -> tuple[Quota, ...]:
    return (Quota(units, cost, endpoint=POLL),)


async def test_a_poll_stops_where_the_days_quota_is_used_up_and_says_until_when(stage: Stage) -> None:
    platform = Polled(quotas=day_of(units=7, cost=3))
    stage.add("poll", platform)
    async with listening(stage):
        await until(lambda: bool(stage.rows(cursors)) and "quota used up" in stage.rows(cursors)[0].error)
    assert platform.asked == ["", "3"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert abs(stage.rows(cursors)[0].next_at - tomorrow) < timedelta(seconds=2)


async def test_a_poll_that_needed_less_gives_the_rest_of_its_quota_back(stage: Stage) -> None:
    platform = Polled(events=9, quotas=day_of(units=1000, cost=10), unspent=9)
    stage.add("poll", platform)
    async with listening(stage):
        await platform.drained.wait()
        await until(lambda: stage.rows(cursors)[0].lease_owner is None)
    assert [row.used for row in stage.rows(quotas)] == [len(platform.asked)]


@dataclass
class Seldom:
    """A stream that has nothing to say: it wants to be asked again in an hour."""

    quotas: tuple[Quota, ...] = ()
    asked: int = 0

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        self.asked += 1
        yield Page([], "nobody is live", HOUR)
        raise AssertionError("nobody reads on")


async def test_a_stream_whose_page_says_when_to_come_again_is_left_until_then(stage: Stage) -> None:
    platform = Seldom()
    stage.add("stream", platform)
    async with listening(stage):
        await until(lambda: bool(stage.rows(cursors)) and stage.rows(cursors)[0].cursor == "nobody is live")
    row = stage.rows(cursors)[0]
    assert (platform.asked, row.lease_owner) == (1, None)
    assert row.next_at > datetime.now(UTC) + HOUR / 2


async def test_a_refused_account_is_marked_and_not_asked_again(stage: Stage) -> None:
    platform = Polled(problems=[Unauthorized("token expired")])
    stage.add("poll", platform)
    async with listening(stage):
        await until(lambda: stage.rows(accounts)[0].state == "unauthorized")
        await until(lambda: stage.rows(cursors)[0].lease_owner is None)
    assert (stage.rows(accounts)[0].reason, platform.asked) == ("token expired", [""])


async def test_a_refusal_of_a_spell_that_began_before_the_renewal_loses_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream may last longer than the token that it was opened with."""
    began = asyncio.Event()

    class Outlived(Streamed):
        async def listen(self, cursor: str) -> AsyncIterator[Page]:
            yield Page([RawEvent("hello", b"[]")], "1", timedelta(0))
            began.set()
            await renewed.wait()
            raise Unauthorized("token expired")

    renewed = asyncio.Event()
    monkeypatch.setattr(listen, "ERROR_PAUSE", HOUR)
    monkeypatch.setattr(renewals, "STILL_IN_USE", timedelta(0))
    stage.add("stream", Outlived())
    async with listening(stage):
        await began.wait()
        with stage.db.transaction() as tx:
            tx.execute(update(accounts).values(renewed_at=datetime.now(UTC)))
        renewed.set()
        await until(lambda: stage.rows(cursors)[0].error == "token expired")
    assert stage.rows(accounts)[0].state == "active"


async def test_a_paused_account_is_not_asked(stage: Stage) -> None:
    paused, other = Polled(), Polled()
    account = stage.add("poll", paused)
    stage.add("poll", other)
    with stage.db.transaction() as tx:
        creators.pause_account(tx, account, "holidays")
    async with listening(stage):
        await other.drained.wait()
    assert paused.asked == []


async def test_an_account_whose_connector_is_gone_stops_no_other(stage: Stage) -> None:
    platform = Polled()
    stage.add("poll", ConfigError("is not installed", key="paper", place="accounts", fix="Install its package"))
    stage.add("poll", platform)
    async with listening(stage):
        await platform.drained.wait()
    assert platform.asked


async def test_a_listener_that_stops_hangs_up_and_gives_its_streams_to_the_next_one(stage: Stage) -> None:
    platform = Streamed()
    stage.add("stream", platform)
    async with listening(stage):
        await platform.opened.wait()
    assert platform.open == 0
    assert (stage.rows(cursors)[0].lease_owner, stage.rows(cursors)[0].cursor) == (None, "1")


async def test_a_listener_whose_lease_was_taken_hangs_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.15))
    platform = Streamed()
    stage.add("stream", platform)
    async with listening(stage):
        await platform.opened.wait()
        with stage.db.transaction() as tx:
            taken = {"lease_owner": "another", "next_at": datetime.now(UTC) + HOUR}
            tx.execute(update(cursors).values(**taken))
        await platform.closed.wait()
    assert stage.rows(cursors)[0].lease_owner == "another"


async def test_after_an_outage_of_the_ledger_nobody_listens_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.15))
    platform = Streamed()
    stage.add("stream", platform)
    assert isinstance(stage.db, FaultyDatabase)
    async with listening(stage):
        await platform.opened.wait()
        stage.db.away = True
        await platform.closed.wait()
        platform.opened.clear()
        stage.db.away = False
        await platform.opened.wait()
    assert platform.most == 1


async def test_an_idle_platform_costs_no_place(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred accounts whose next poll is far away, one place: the account that has something to say gets it."""
    monkeypatch.setitem(listen.PLACES, "poll", 1)
    for _ in range(100):
        stage.add("poll", Polled(events=0))
    busy = Polled()
    stage.add("poll", busy)
    async with listening(stage):
        await busy.drained.wait()
        await until(lambda: all(row.next_at > datetime.now(UTC) for row in stage.rows(cursors)))
    assert {row.lease_owner for row in stage.rows(cursors)} == {None}


async def test_no_more_polls_are_in_flight_than_there_are_places(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(listen.PLACES, "poll", 3)
    platform = Counting(events=0)
    for _ in range(12):
        stage.add("poll", platform)
    async with listening(stage):
        await until(lambda: len(platform.asked) == 12)
    assert platform.most == 3


async def test_a_poll_that_never_ends_gives_its_place_to_another(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(listen, "ERROR_PAUSE", HOUR)
    monkeypatch.setitem(listen.PLACES, "poll", 1)
    stage.add("poll", Silent())
    other = Polled()
    stage.add("poll", other)
    async with listening(stage):
        await other.drained.wait()
        await until(lambda: any("0.05 s" in row.error for row in stage.rows(cursors)))
    assert other.asked


async def test_a_stream_of_a_paused_account_is_hung_up_and_taken_up_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.15))
    platform = Streamed()
    account = stage.add("stream", platform)
    async with listening(stage):
        await platform.opened.wait()
        with stage.db.transaction() as tx:
            creators.pause_account(tx, account, "holidays")
        await platform.closed.wait()
        platform.opened.clear()
        with stage.db.transaction() as tx:
            creators.resume_account(tx, account)
        await platform.opened.wait()
    assert platform.most == 1


async def test_an_account_that_changes_from_polls_to_webhooks_is_not_asked_any_more(stage: Stage) -> None:
    platform = Polled()
    account = stage.add("poll", platform)
    async with listening(stage):
        await platform.drained.wait()
        stage.platforms[account] = ("webhook", platform)
        with stage.db.transaction() as tx:
            creators.configure_account(tx, account, {"ingest": "webhook"})
        await until(lambda: stage.rows(cursors) == [])
        asked = len(platform.asked)
    assert len(platform.asked) == asked


async def test_a_source_whose_end_could_not_be_written_is_taken_up_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "LEASE", timedelta(seconds=0.3))
    platform = Polled(problems=[Unavailable("maintenance")])
    stage.add("poll", platform)
    keep, failures = sources.keep, [Unavailable("the ledger is away")]

    def fails_once(*args: Any) -> list[bool]:
        if failures:
            raise failures.pop()
        return keep(*args)

    monkeypatch.setattr(sources, "keep", fails_once)
    async with listening(stage):
        await platform.drained.wait()
    assert len(stage.rows(deliveries)) == 30
