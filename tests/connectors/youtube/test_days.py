"""Days of a busy project over the ledger's own counting: three channels that are live and commented on, and never over.

The clock is the test's; the units are counted by the simulator, each call as it comes, from one Pacific midnight to the
next.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.limits import FEWEST_UNITS, TIME_ZONE
from engage.errors import Ambiguous, Retryable
from engage.ledger import quotas
from engage.ledger.database import Database
from engage.ledger.quotas import Budget, budgets_of, budgets_of_look
from engage.limits import POLL, REPLY, STREAM
from engage.models import Surface
from tests.connectors.youtube import kit
from tests.platforms.youtube import YouTube

PACIFIC = ZoneInfo(TIME_ZONE)
CHANNELS = 3
REPLY_EVERY = timedelta(minutes=7)  # of each channel: more than there are units for
BROADCAST = timedelta(minutes=10)  # of one spell
RESTART_EVERY = 17  # looks: whoever had taken one is killed, and its units are lost
OUTAGE_EVERY = 9  # looks
ERROR_PAUSE = timedelta(seconds=5)  # where an error says no time
LIVE = {"live_search_s": 0, "live_list_s": 0, "live_reconnect_s": 0}


@dataclass
class Project:
    """Three channels and the processes that serve them. spent: of each Pacific day, by what it was for."""

    youtube: YouTube
    db: Database
    now: datetime
    spent: dict[str, Counter[str]] = field(default_factory=dict)
    line: list[tuple[datetime, int, str, int]] = field(default_factory=list)
    cursors: dict[tuple[int, str], str] = field(default_factory=dict)
    paid: dict[str, set[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.count = itertools.count()
        self.connectors: list[YouTubeConnector] = []
        self.start()

    def start(self) -> None:
        app = kit.app(self.youtube.url, daily_units=str(FEWEST_UNITS), channels=str(CHANNELS))
        link = replace(kit.account(self.youtube.url, **LIVE), app=app)
        self.connectors = [YouTubeConnector(replace(link, id=f"a{number}")) for number in range(CHANNELS)]

    async def stop(self) -> None:
        for connector in self.connectors:
            await connector.close()

    def later(self, at: datetime, what: str, channel: int) -> None:
        heapq.heappush(self.line, (at, next(self.count), what, channel))

    @property
    def day(self) -> str:
        return f"{self.now.astimezone(PACIFIC):%Y-%m-%d}"

    async def run(self, until: datetime) -> None:
        for channel in range(CHANNELS):
            for what in (POLL, STREAM, REPLY):
                self.later(self.now, what, channel)
        while self.line and self.line[0][0] < until:
            at, _, what, channel = heapq.heappop(self.line)
            before, self.now = self.day, at
            if self.day != before:
                self.youtube.units = 0  # Google's day begins
            units = self.youtube.units
            again = await self.work(what, channel)
            self.spent.setdefault(self.day, Counter())[what] += self.youtube.units - units
            self.later(again, what, channel)

    async def work(self, what: str, channel: int) -> datetime:
        """Do it as the core does; returns when it is due again."""
        number = next(self.count)
        connector = self.connectors[channel]
        surface = Surface.LIVE if number % 2 else Surface.COMMENT
        if what == REPLY:
            budgets = budgets_of(connector.quotas, f"a{channel}", surface, self.now)
        else:
            budgets = budgets_of_look(connector.quotas, f"a{channel}", what, self.now)
        with self.db.transaction() as tx:
            [empty] = quotas.take(tx, [budgets], self.now)
        if empty is not None:
            return empty.resets_at
        self.paid.setdefault(what, set()).add(self.now)
        if what == REPLY:
            await self.reply(connector, surface)
            return self.now + REPLY_EVERY
        if number % RESTART_EVERY == 0:
            await self.stop()
            self.start()
            return self.now
        if number % OUTAGE_EVERY == 0:
            self.youtube.fail("/youtube/v3/", 503, times=3)
        try:
            return await self.look(connector, what, channel, budgets)
        except Retryable as error:
            return self.now + (error.retry_after or ERROR_PAUSE)

    async def look(self, connector: YouTubeConnector, what: str, channel: int, budgets: tuple[Budget, ...]) -> datetime:
        self.youtube.comment("one more", parent="Ugx0001")
        pages = connector.listen(self.cursors.get((channel, what), ""))
        took = BROADCAST
        if what == POLL:
            pages, took = one_look(connector, self.cursors.get((channel, what), "")), timedelta()
        wait = timedelta()
        async with aclosing(pages) as coming:  # type: ignore[type-var]
            async for page in coming:
                self.cursors[channel, what], wait = page.cursor, page.wait
                if page.unspent:
                    with self.db.transaction() as tx:
                        quotas.give_back(tx, budgets, page.unspent)
        return self.now + took + wait

    async def reply(self, connector: YouTubeConnector, surface: Surface) -> None:
        """Its answer is lost, so it is looked for."""
        out = kit.chat_reply() if surface is Surface.LIVE else kit.reply()
        self.youtube.lose("/youtube/v3/", method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(out)
        await connector.find(out)


async def one_look(connector: YouTubeConnector, cursor: str) -> AsyncIterator[object]:
    yield await connector.poll(cursor)


def midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=PACIFIC).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param((2026, 11, 26), 24, id="24 hours"),
        pytest.param((2026, 11, 1), 25, id="25 hours, the clocks go back"),
        pytest.param((2027, 3, 14), 23, id="23 hours, the clocks go forward"),
    ],
)
async def test_no_day_is_ever_exceeded_and_replies_have_most_of_it(
    youtube: YouTube, sqlite_url: str, day: tuple[int, int, int], hours: int
) -> None:
    youtube.daily_units = FEWEST_UNITS
    youtube.page_size, youtube.subset = 3, 1
    youtube.comment()
    youtube.go_live()
    youtube.say()
    youtube.stream_refused = True
    begins, ends = midnight(*day), midnight(*day) + timedelta(hours=hours)
    db = Database(sqlite_url)
    project = Project(youtube, db, begins - timedelta(hours=5))
    try:
        await project.run(ends + timedelta(hours=5))
    finally:
        await project.stop()
        db.close()
    assert len(project.spent) == 3
    whole = project.spent["-".join(f"{part:02}" for part in day)]
    assert max(spent.total() for spent in project.spent.values()) <= FEWEST_UNITS
    assert whole[REPLY] > whole[POLL] + whole[STREAM]
    assert whole[REPLY] >= 0.9 * 0.6 * FEWEST_UNITS
    assert {begins, ends} <= project.paid[REPLY], "what waited goes on at midnight in California"
