"""An account's events over the stream: for who cannot be reached from outside."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors import http
from connectors.fields import get
from connectors.gaps import gap
from connectors.streams import lines
from connectors.x.calls import DIALECT, bearer, host, not_the_app, now
from connectors.x.feed import Feed, Heard, feed_of, known_feed
from connectors.x.limits import Plan, month_ends
from connectors.x.parse import account_of
from connectors.x.webhooks import key_of, marked
from engage.errors import Malformed, Unauthorized
from engage.platform import AccountLink, Page, RawEvent

IDLE = timedelta(seconds=30)  # X says something every 20 seconds
BREAK = timedelta(milliseconds=100)  # between two spells of listening, each of which is paid for
LINGER = timedelta(seconds=15)  # the connection is kept meanwhile
LOST = "the stream was not open, and X did not tell what was missed"


async def activity(account: AccountLink, idle: timedelta, minutes: int) -> AsyncGenerator[str]:
    """The lines of the application's stream. minutes: how far back it begins. Raises what a read raises."""
    headers = {"authorization": f"Bearer {bearer(account.app)}"}
    query = {"backfill_minutes": str(minutes)} if minutes else {}
    async with http.client(host(account.config, account.app), headers=headers) as calls:
        request = calls.build_request("GET", "/2/activity/stream", params=query)
        try:
            async with aclosing(lines(calls, request, idle, DIALECT)) as coming:
                async for line in coming:
                    yield line
        except Unauthorized as error:
            raise not_the_app(error) from None


@dataclass
class Purse:
    """What is left of the units that were taken when a spell of listening began; None: nobody counts.

    dearest: what one event may cost. until: when the month is over that they were taken from.
    """

    left: int | None
    dearest: int
    until: datetime

    def pay(self, units: int) -> None:
        if self.left is not None:
            self.left = max(0, self.left - units)

    def lasts(self, at: datetime) -> bool:
        """Whether it pays for another event, heard then."""
        return self.left is None or (self.left >= self.dearest and at < self.until)


@dataclass(frozen=True, slots=True)
class Live:
    """What a stream needs of its account."""

    account: AccountLink
    plan: Plan
    prepare: Callable[[], Awaitable[None]]  # asks for the account's events
    idle: timedelta = IDLE

    async def listen(self, cursor: str) -> AsyncGenerator[Page]:
        """Pages until the connection is lost, or the spell's money is used up. The cursor is when it heard last."""
        since = datetime.fromisoformat(cursor) if cursor else None
        purse, told = Purse(self.plan.spell, self.plan.dearest_event, month_ends(now())), False
        try:
            feed = await self._feed(since)
            async with aclosing(feed.hear(self._who, since)) as hearing:
                async for batch in hearing:
                    events = [] if told else self._missed(feed, since, batch[0][0])
                    told, cursor = True, self._take(feed, batch, events, purse) or cursor
                    if not purse.lasts(now()):
                        feed.keep(self._who, LINGER)
                        yield Page(events, cursor, BREAK, unspent=purse.left or 0)
                        return
                    yield Page(events, cursor, timedelta())
        except Exception:
            yield Page([], cursor, timedelta(), unspent=purse.left or 0)  # what was paid and not heard
            raise

    def _take(self, feed: Feed, batch: list[Heard], events: list[RawEvent], purse: Purse) -> str:
        """Adds the events of a batch, as long as the money lasts. Returns how far it came, as a cursor; '' nowhere."""
        cursor = ""
        for at, payload in batch:
            if not purse.lasts(at):
                break
            events += self._events(feed, payload, at, purse)
            cursor = at.isoformat()
        return cursor

    async def _feed(self, since: datetime | None) -> Feed:
        """The connection. X is asked for the account's events once for each."""
        feed = known_feed(self._key)
        if feed is None or self._who not in feed.asked_for:
            await self.prepare()
        feed = feed_of(self._key, lambda minutes: activity(self.account, self.idle, minutes), since)
        feed.asked_for.add(self._who)
        return feed

    @property
    def _who(self) -> str:
        return self.account.platform_user_id

    @property
    def _key(self) -> tuple[str, str]:
        return host(self.account.config, self.account.app), self.plan.client_id

    def _missed(self, feed: Feed, since: datetime | None, at: datetime) -> list[RawEvent]:
        """What nobody tells any more, now that something is heard again."""
        if since is None or feed.told_from <= since:
            return []
        return [gap(since, min(feed.told_from, at), LOST)]

    def _events(self, feed: Feed, payload: Any, at: datetime, purse: Purse) -> list[RawEvent]:
        """The event, where it is for this account: X tells an application everything of all of them."""
        owner = _owner(payload)
        if payload is not None and feed.pays(self._who, owner):
            purse.pay(self.plan.price_of(str(get(payload, "data", "event_type"))))
        if payload is None or owner != self._who:
            return []
        return [RawEvent(key_of(payload, json.dumps(payload).encode()), marked(payload, self.plan.rule, at))]


def _owner(payload: Any) -> str:
    """Whose event it is; '' where it names nobody."""
    try:
        return account_of(payload)
    except Malformed:
        return ""
