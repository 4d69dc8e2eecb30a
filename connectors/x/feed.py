"""One connection of an application to the activity stream, heard by all its accounts in this process.

X allows an application two of them, and each brings the events of every account, so accounts share one. It keeps what
came lately: who pauses for a moment has missed nothing.
https://docs.x.com/x-api/fundamentals/handling-disconnections
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from connectors.streams import Closed
from connectors.x.calls import now
from engage.errors import RateLimited, Refused, Retryable, Unavailable

Key = tuple[str, str]
Heard = tuple[datetime, Any]  # when, and what; None is a sign of life
Open = Callable[[int], AsyncGenerator[str]]  # with so many minutes of what was before

BACKFILL = timedelta(minutes=5)  # X tells again no more than this, and only to some applications
LATELY = 5_000  # events that are kept
LONGEST_WAIT = timedelta(seconds=320)
_SHORTEST_WAIT, _CROWDED_WAIT = timedelta(seconds=5), timedelta(minutes=1)
REFUSED_FOR = timedelta(minutes=10)

_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Key, "Feed"]] = WeakKeyDictionary()
_failures: dict[Key, int] = {}  # in a row, before anything was heard


class Feed:
    """A connection that is being read. told_from: what was told since then is known.

    asked_for: the accounts whose events X was asked for.
    """

    def __init__(self, key: Key, open_: Open, since: datetime | None) -> None:
        self._began = self.told_from = now()
        self.over = False
        self.asked_for: set[str] = set()
        self._alive = False
        self._last = self._began
        self._key = key
        self._lately: deque[Heard] = deque(maxlen=LATELY)
        self._ears: dict[asyncio.Queue[Heard | Exception], str] = {}  # and whose they are
        self._back_soon: set[str] = set()
        self._keeping: asyncio.TimerHandle | None = None
        away = self._began - since if since else None
        minutes = 0 if away is None or away > BACKFILL else int(away.total_seconds() // 60) + 1
        self._reading = asyncio.create_task(self._read(open_, min(minutes, 5)))

    def pays(self, who: str, owner: str) -> bool:
        """Whether an event is on `who`: on its owner, or where that one is not here, on the first who listens.

        X charges for all that it tells an application, and tells it as long as anybody keeps the connection open.
        """
        if owner in self._back_soon or owner in self._ears.values():
            return who == owner
        return who == next(iter(self._ears.values()), "")

    async def hear(self, who: str, since: datetime | None) -> AsyncGenerator[list[Heard]]:
        """What is told after `since`, as much at once as there is. Raises what ended the connection."""
        ear: asyncio.Queue[Heard | Exception] = asyncio.Queue()
        for heard in self._lately:
            if since is not None and heard[0] > since:
                ear.put_nowait(heard)
        self._ears[ear] = who
        try:
            while True:
                told = [await ear.get()]
                while not ear.empty():
                    told.append(ear.get_nowait())
                if good := [one for one in told if not isinstance(one, Exception)]:
                    yield good
                if isinstance(told[-1], Exception):  # nothing comes after it
                    raise told[-1]
        finally:
            del self._ears[ear]
            self._forget_who_left()

    def keep(self, who: str, span: timedelta) -> None:
        """Stay connected for so long, also while nobody listens: `who` will be back."""
        self._back_soon.add(who)
        if self._keeping is not None:
            self._keeping.cancel()
        self._keeping = asyncio.get_running_loop().call_later(span.total_seconds(), self._let_go)

    def _let_go(self) -> None:
        self._keeping = None
        self._back_soon.clear()
        self._forget_who_left()

    def _forget_who_left(self) -> None:
        self.asked_for &= {*self._ears.values(), *self._back_soon}
        if not self._ears and self._keeping is None:
            self.over = True
            self._reading.cancel()

    async def _read(self, open_: Open, minutes: int) -> None:
        try:
            try:
                await self._follow(open_(minutes), timedelta(minutes=minutes))
            except Refused:
                if not minutes:
                    raise
                await self._follow(open_(0), timedelta())  # telling again is not for every application
            error: Exception = Closed("X has ended the stream")
        except Exception as problem:
            error = problem
        self._end(_delayed(self._key, error, heard=self._alive))

    async def _follow(self, lines: AsyncGenerator[str], back: timedelta) -> None:
        async with aclosing(lines):
            async for line in lines:
                if not self._alive:
                    self._alive, self.told_from = True, self._began - back
                    _failures.pop(self._key, None)
                self._tell(decoded(line))

    def _tell(self, payload: Any) -> None:
        """To everybody. A sign of life is news only to who has nothing else to hear."""
        self._last = max(now(), self._last + timedelta(microseconds=1))  # a time of its own
        if payload is not None:
            if len(self._lately) == self._lately.maxlen:
                self.told_from = self._lately[0][0]  # the oldest has to go
            self._lately.append((self._last, payload))
        for ear in self._ears:
            if payload is not None or ear.empty():
                ear.put_nowait((self._last, payload))

    def _end(self, error: Exception) -> None:
        self.over = True
        for ear in self._ears:
            ear.put_nowait(error)


def known_feed(key: Key) -> Feed | None:
    """The application's connection in this process, where one is open."""
    feed = _feeds.setdefault(asyncio.get_running_loop(), {}).get(key)
    return None if feed is None or feed.over else feed


def feed_of(key: Key, open_: Open, since: datetime | None) -> Feed:
    """The application's connection in this process, opened where there is none."""
    feed = known_feed(key)
    if feed is None:
        feed = _feeds[asyncio.get_running_loop()][key] = Feed(key, open_, since)
    return feed


def decoded(line: str) -> Any:
    """An event, or None for a sign of life and for what is none. Raises Closed where X says that the stream ends."""
    try:
        told = json.loads(line) if line.strip() else None
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    if "data" not in told and told.get("errors"):
        raise Closed("X has ended the stream, and says that it had to")
    return told


def _delayed(key: Key, error: Exception, *, heard: bool) -> Exception:
    """The error, with when to come back: at once, where the connection had been good, else later and later."""
    if heard or not isinstance(error, Retryable | Refused):
        return error
    if isinstance(error, Refused):
        return Unavailable(str(error), retry_after=REFUSED_FOR)
    failures = _failures[key] = _failures.get(key, 0) + 1
    first = _CROWDED_WAIT if isinstance(error, RateLimited) else _SHORTEST_WAIT
    error.retry_after = error.retry_after or min(LONGEST_WAIT, first * 2 ** min(failures - 1, 10))
    return error
