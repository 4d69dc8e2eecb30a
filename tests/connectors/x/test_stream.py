"""The stream: what comes, what was missed, what it costs, and one connection for all accounts of an application."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from connectors.x import feed, live
from connectors.x.connect import SCOPES
from connectors.x.connector import XConnector
from connectors.x.parse import parse
from engage.errors import ConfigError, EngageError, RateLimited, Unavailable
from engage.limits import STREAM
from engage.models import Event, EventKind
from engage.platform import Page
from tests.connectors.x.conftest import Connect, app_of
from tests.connectors.x.kit import BROADCAST, FOLLOWER, OTHER, OWN
from tests.platforms.x import X

GAP = "engage.gap"
STREAM_PATH = "/2/activity/stream"


class Listening:
    """Follows a stream as the listener does: what is yielded is kept together with its cursor."""

    def __init__(self, connector: XConnector, cursor: str = "", own: str = OWN) -> None:
        self.connector, self.cursor, self.own = connector, cursor, own
        self.keys: list[str] = []
        self.payloads: list[Any] = []
        self.pages: list[Page] = []

    async def until(self, happened: Callable[[], bool], act: Callable[[], Any] = lambda: None) -> None:
        """One spell, until something happened or the stream ends; `act` once it is open."""
        todo = [act]
        async with asyncio.timeout(20), aclosing(self.connector.listen(self.cursor)) as pages:
            async for page in pages:
                self.pages.append(page)
                self.cursor = page.cursor
                self.keys += [event.key for event in page.events]
                self.payloads += [json.loads(event.body) for event in page.events]
                while todo:
                    todo.pop()()
                if happened() or page.wait:
                    return

    async def lost(self, act: Callable[[], Any]) -> EngageError:
        """One spell until the connection is lost."""
        with pytest.raises(EngageError) as caught:
            await self.until(lambda: False, act)
        return caught.value

    @property
    def events(self) -> list[Event]:
        return [one for payload in self.payloads if GAP not in payload for one in parse(payload, self.own)]

    @property
    def said(self) -> list[str]:
        return [one.message.text for one in self.events if one.message is not None]

    @property
    def gaps(self) -> list[tuple[datetime, datetime]]:
        found = [payload[GAP] for payload in self.payloads if GAP in payload]
        return [(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["until"])) for one in found]


@pytest.fixture
def listening(connect: Connect) -> Listening:
    return Listening(connect())


async def happens(it: Callable[[], bool]) -> None:
    for _ in range(2000):
        if it():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


async def none_is_open(x: X) -> None:
    await happens(lambda: not x.streams)


async def test_everything_that_concerns_the_account_is_heard(x: X, listening: Listening) -> None:
    def happen() -> None:
        own = x.write(OWN, "My new lens")
        x.write(FOLLOWER, "@Creator nice", reply_to=own)
        x.write(FOLLOWER, "just nice", reply_to=own)
        x.write(FOLLOWER, "About this:", quotes=own)
        x.message(FOLLOWER, OWN, "hello")
        x.message(OWN, FOLLOWER, "hello to you")
        x.broadcast(OWN, BROADCAST)
        x.chat(BROADCAST, FOLLOWER, "hello, chat")
        x.write(OTHER, "nobody is asked")
        x.say_on_streams("no JSON")
        x.say_on_streams("[]")
        x.say_on_streams('{"data": {"event_type": "x", "filter": {"user_id": []}}}')
        x.remove(own)
        x.revoke(OWN)

    await listening.until(lambda: len(listening.events) >= 8, happen)
    assert [(one.kind, one.message.text if one.message else "") for one in listening.events] == [
        (EventKind.IGNORED, ""),  # the own post answers nobody
        (EventKind.MESSAGE, "@Creator nice"),
        (EventKind.MESSAGE, "About this:"),
        (EventKind.MESSAGE, "hello"),
        (EventKind.TAKEOVER, "hello to you"),
        (EventKind.MESSAGE, "hello, chat"),
        (EventKind.DELETED, ""),
        (EventKind.REVOKED, ""),
    ]
    assert len(set(listening.keys)) == 8
    assert listening.gaps == []


async def test_the_cursor_moves_also_while_nothing_happens(x: X, listening: Listening) -> None:
    await listening.until(lambda: len(listening.pages) >= 3)
    cursors = [datetime.fromisoformat(page.cursor) for page in listening.pages]
    assert cursors == sorted(set(cursors))
    assert listening.keys == []


async def test_a_lost_connection_is_opened_at_once_and_says_what_was_missed(x: X, listening: Listening) -> None:
    error = await listening.lost(x.drop_streams)
    assert isinstance(error, Unavailable)
    assert error.retry_after is None
    last = datetime.fromisoformat(listening.cursor)
    x.message(FOLLOWER, OWN, "nobody hears this")
    await listening.until(lambda: "hello" in listening.said, lambda: x.message(FOLLOWER, OWN, "hello"))
    assert listening.said == ["hello"]
    [(since, until)] = listening.gaps
    assert since == last < until < datetime.now(UTC)
    refused, opened = x.calls_to(STREAM_PATH)[1:]
    assert (refused.query, opened.query) == ({"backfill_minutes": "1"}, {}), "X tells again where it may"


async def test_where_x_tells_again_nothing_is_missing(x: X, listening: Listening) -> None:
    x.enterprise = True
    await listening.lost(x.drop_streams)
    x.message(FOLLOWER, OWN, "told later")
    await listening.until(lambda: bool(listening.said))
    assert (listening.said, listening.gaps) == (["told later"], [])
    before = list(listening.keys)
    await none_is_open(x)
    await listening.until(lambda: len(listening.keys) >= 2)  # more than was missed comes again, with the same key
    assert listening.keys == before * 2


async def test_what_is_older_than_five_minutes_is_a_gap(x: X, connect: Connect) -> None:
    x.enterprise = True
    long_ago = datetime.now(UTC) - timedelta(minutes=6)
    listening = Listening(connect(), long_ago.isoformat())
    await listening.until(lambda: bool(listening.pages))
    assert [since for since, _ in listening.gaps] == [long_ago]
    assert x.calls_to(STREAM_PATH)[-1].query == {}


async def test_silence_is_a_lost_connection(x: X, connect: Connect) -> None:
    listening = Listening(connect(stream_idle_s=0.3))
    error = await listening.lost(lambda: setattr(x, "keepalive_s", 30))
    assert isinstance(error, Unavailable)


def test_a_time_that_is_none_names_the_setting(connect: Connect) -> None:
    with pytest.raises(ConfigError, match="stream_idle_s"):
        connect(stream_idle_s="soon")


async def test_x_says_that_it_must_end_the_stream(x: X, listening: Listening) -> None:
    said = {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"}]}
    error = await listening.lost(lambda: x.say_on_streams(json.dumps(said)))
    assert isinstance(error, Unavailable)
    assert error.retry_after is None


async def test_it_comes_back_later_and_later_while_x_is_away(x: X, listening: Listening) -> None:
    x.fail(STREAM_PATH, 503, times=8)
    waits = [(await listening.lost(lambda: None)).retry_after for _ in range(8)]  # type: ignore[attr-defined]
    assert [wait and wait.total_seconds() for wait in waits] == [5, 10, 20, 40, 80, 160, 320, 320]
    await listening.lost(x.drop_streams)
    x.fail(STREAM_PATH, 503)
    again = await listening.lost(lambda: None)
    assert again.retry_after == timedelta(seconds=5)  # type: ignore[attr-defined]


async def test_too_many_connections_wait_a_minute(x: X, listening: Listening) -> None:
    x.streams = [asyncio.Queue(), asyncio.Queue()]
    error = await listening.lost(lambda: None)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=1)


async def test_a_limit_of_openings_says_when_it_is_over(x: X, listening: Listening) -> None:
    x.limits["stream"] = 0
    error = await listening.lost(lambda: None)
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert error.retry_after > timedelta(minutes=14)


async def test_an_application_without_the_stream_asks_seldom(x: X, listening: Listening) -> None:
    x.fail(STREAM_PATH, 403, {"detail": "not for this application"})
    error = await listening.lost(lambda: None)
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(minutes=10)
    x.fail("/2/activity/subscriptions", 403, {"detail": "not for this application"}, method="POST")
    x.subscriptions.clear()
    error = await listening.lost(lambda: None)
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(hours=1)


async def test_a_wrong_bearer_token_names_the_setting(x: X, connect: Connect) -> None:
    x.fail(STREAM_PATH, 401, {"detail": "Unauthorized"})
    with pytest.raises(ConfigError, match="bearer_token"):
        await Listening(connect()).until(lambda: False)


class TestOneConnection:
    async def test_two_accounts_share_it_and_each_hears_its_own(self, x: X, connect: Connect) -> None:
        app = app_of(x)
        x.users[OTHER].scopes = set(SCOPES)
        one, two = Listening(connect(app)), Listening(connect(app, user=OTHER), own=OTHER)
        both = asyncio.Barrier(2)

        async def follow(who: Listening, own: str) -> None:
            opened = asyncio.Event()

            async def hear() -> None:
                await who.until(lambda: len(who.said) >= 1, opened.set)

            task = asyncio.create_task(hear())
            await opened.wait()
            await both.wait()
            x.message(FOLLOWER, own, f"for {own}")
            await task

        async with asyncio.timeout(20):
            await asyncio.gather(follow(one, OWN), follow(two, OTHER))
        assert (one.said, two.said) == ([f"for {OWN}"], [f"for {OTHER}"])
        assert len(x.calls_to(STREAM_PATH)) == 1
        await none_is_open(x)

    async def test_it_is_closed_when_nobody_listens_any_more(self, x: X, listening: Listening) -> None:
        await listening.until(lambda: bool(listening.pages))
        await none_is_open(x)
        assert len(x.calls_to(STREAM_PATH)) == 1

    async def test_a_spell_that_is_used_up_is_paid_anew_and_nothing_is_missed_meanwhile(
        self, x: X, connect: Connect
    ) -> None:
        """A spell takes what eight messages cost."""
        listening = Listening(connect(app_of(x, monthly_budget="2")))
        [quota] = [one for one in listening.connector.quotas if one.endpoint == STREAM]
        assert (quota.units, quota.cost) == (8_000, 800)

        def write(first: int, last: int) -> None:
            for number in range(first, last):
                x.message(FOLLOWER, OWN, f"{number}")

        await listening.until(lambda: False, lambda: write(0, 8))
        assert listening.pages[-1].wait == live.BREAK
        assert listening.pages[-1].unspent == 0
        write(8, 10)
        await listening.until(lambda: len(listening.said) == 10)
        assert listening.said == [f"{number}" for number in range(10)]
        assert listening.gaps == []
        assert len(x.calls_to(STREAM_PATH)) == 1
        assert x.spent <= 2 * quota.cost / 10_000

    async def test_it_is_not_kept_for_ever(self, x: X, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "LINGER", timedelta(seconds=0.05))
        listening = Listening(connect(app_of(x, monthly_budget="1")))
        await listening.until(lambda: False, lambda: [x.message(FOLLOWER, OWN, f"{n}") for n in range(4)])
        await none_is_open(x)
        assert listening.said == ["0", "1", "2", "3"]
        assert len(x.calls_to(STREAM_PATH)) == 1

    async def test_what_a_lost_spell_did_not_use_is_given_back(self, x: X, listening: Listening) -> None:
        [quota] = [one for one in listening.connector.quotas if one.endpoint == STREAM]
        x.fail(STREAM_PATH, 503)
        await listening.lost(lambda: None)
        assert [page.unspent for page in listening.pages] == [quota.cost]

        def happen() -> None:
            x.message(FOLLOWER, OWN, "hello")
            x.write(FOLLOWER, "hey @Creator")

        await listening.until(lambda: len(listening.said) == 2, happen)
        await none_is_open(x)
        listening.pages.clear()
        await listening.lost(lambda: [happen(), x.drop_streams()])
        assert listening.pages[-1].unspent == quota.cost - 150

    @pytest.mark.parametrize("path", [STREAM_PATH, "/2/activity/subscriptions"])
    @pytest.mark.parametrize("status", [401, 403, 429, 503])
    async def test_a_spell_that_never_began_costs_nothing(
        self, path: str, status: int, x: X, listening: Listening
    ) -> None:
        listening.cursor = before = datetime.now(UTC).isoformat()
        [quota] = [one for one in listening.connector.quotas if one.endpoint == STREAM]
        x.fail(path, status, {"detail": "no"}, times=3)
        await listening.lost(lambda: None)
        assert [page.unspent for page in listening.pages] == [quota.cost]
        assert listening.cursor == before

    async def test_a_new_spell_does_not_ask_for_the_events_again(self, x: X, connect: Connect) -> None:
        """X lets an application look at its subscriptions 500 times in a quarter of an hour."""
        listening = Listening(connect(app_of(x, monthly_budget="1")))
        for number in range(3):
            act = partial(self.write, x, number * 4, number * 4 + 4)
            await listening.until(lambda: False, act)
        assert len(listening.said) == 12
        assert len(x.calls_to("/2/activity/subscriptions", "GET")) == 1
        x.drop_streams()

    async def test_who_was_away_has_their_events_asked_for_again(self, x: X, connect: Connect) -> None:
        """They may have been disconnected meanwhile, while others kept the stream open."""
        app = app_of(x)
        x.users[OTHER].scopes = set(SCOPES)
        one, other = Listening(connect(app)), Listening(connect(app, user=OTHER), own=OTHER)
        away = asyncio.Event()
        staying = asyncio.create_task(other.until(away.is_set))
        await one.until(lambda: bool(one.pages))
        x.subscriptions = [kept for kept in x.subscriptions if kept.filter["user_id"] != OWN]
        await one.until(lambda: bool(one.said), lambda: x.message(FOLLOWER, OWN, "hello again"))
        assert one.said == ["hello again"]
        assert len(x.calls_to(STREAM_PATH)) == 1
        away.set()
        await staying

    @staticmethod
    def write(x: X, first: int, last: int) -> None:
        for number in range(first, last):
            x.message(FOLLOWER, OWN, f"{number}")

    async def test_a_spell_ends_with_the_month_that_pays_for_it(
        self, x: X, listening: Listening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What comes afterwards is the next month's to pay, and is not lost."""
        turn = datetime.now(UTC) + timedelta(seconds=0.4)
        monkeypatch.setattr(live, "month_ends", lambda moment: turn if moment < turn else moment + timedelta(days=30))
        [quota] = [one for one in listening.connector.quotas if one.endpoint == STREAM]
        await listening.until(lambda: False, lambda: x.message(FOLLOWER, OWN, "in November"))
        assert listening.said == ["in November"]
        assert (listening.pages[-1].wait, listening.pages[-1].unspent) == (live.BREAK, quota.cost - 100)
        assert datetime.fromisoformat(listening.cursor) < turn
        x.message(FOLLOWER, OWN, "in December")
        await listening.until(lambda: len(listening.said) == 2)
        assert (listening.said[1], listening.gaps) == ("in December", [])
        assert len(x.calls_to(STREAM_PATH)) == 1

    async def test_what_comes_for_an_account_that_has_no_money_is_paid_by_those_who_keep_the_stream_open(
        self, x: X, connect: Connect
    ) -> None:
        """X tells an application everything of all its accounts, and charges for it, whoever listens."""
        app = app_of(x, monthly_budget="2")
        x.users[OTHER].scopes = set(SCOPES)
        busy, quiet = Listening(connect(app)), Listening(connect(app, user=OTHER), own=OTHER)
        await busy.until(lambda: bool(busy.pages))
        await none_is_open(x)
        [quota] = [one for one in quiet.connector.quotas if one.endpoint == STREAM]
        await quiet.until(lambda: False, lambda: self.write(x, 0, 20))
        assert (quiet.said, quiet.pages[-1].unspent) == ([], 0)
        assert quiet.pages[-1].wait == live.BREAK, "its spell is over: the next one must be paid for"
        assert x.spent >= quota.cost / 10_000

    async def test_each_pays_for_itself_where_all_listen(self, x: X, connect: Connect) -> None:
        app = app_of(x)
        x.users[OTHER].scopes = set(SCOPES)
        busy, quiet = Listening(connect(app)), Listening(connect(app, user=OTHER), own=OTHER)
        heard = asyncio.Event()

        async def follow() -> None:
            await quiet.until(lambda: heard.is_set() and len(quiet.pages) > 2)

        waiting = asyncio.create_task(follow())
        await busy.until(lambda: len(busy.said) == 5, lambda: self.write(x, 0, 5))
        heard.set()
        await waiting
        assert quiet.keys == []
        x.drop_streams()

    async def test_where_nobody_counts_it_goes_on(self, x: X, connect: Connect) -> None:
        listening = Listening(connect(app_of(x, monthly_budget="none")))
        assert listening.connector.quotas == ()
        many = 60
        await listening.until(
            lambda: len(listening.said) == many, lambda: [x.message(FOLLOWER, OWN, f"{n}") for n in range(many)]
        )
        assert all(page.wait == timedelta() for page in listening.pages)

    async def test_who_comes_back_after_more_than_is_kept_is_told_what_was_missed(
        self, x: X, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "LATELY", 3)
        listening = Listening(connect(app_of(x, monthly_budget="1")))
        await listening.until(lambda: False, lambda: self.write(x, 0, 4))
        last = datetime.fromisoformat(listening.cursor)
        self.write(x, 4, 10)
        [kept] = feed._feeds[asyncio.get_running_loop()].values()
        await happens(lambda: [one.message.text for one in parse(kept._lately[-1][1], OWN) if one.message] == ["9"])
        await listening.until(lambda: "9" in listening.said)
        assert listening.said == [f"{number}" for number in (0, 1, 2, 3, 7, 8, 9)]
        [(since, until)] = listening.gaps
        assert since == last < until

    async def test_applications_do_not_share_it(self, x: X, connect: Connect) -> None:
        app = app_of(x)
        one = Listening(connect(app))
        two = Listening(connect(replace(app, config={**app.config, "client_id": "another"})))
        async with asyncio.timeout(20):
            await asyncio.gather(one.until(lambda: bool(one.pages)), two.until(lambda: bool(two.pages)))
        assert len(x.calls_to(STREAM_PATH)) == 2
