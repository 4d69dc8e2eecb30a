"""The stream of an account: what comes, what was missed, and what nobody tells again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from connectors.mastodon import live
from connectors.mastodon.connector import MastodonConnector
from connectors.mastodon.parse import parse
from engage.errors import RateLimited, Unavailable
from engage.models import Event, EventKind
from engage.platform import Page
from tests.connectors.mastodon import kit
from tests.platforms.mastodon import Mastodon

OWN = "14715@social.example"
GAP = "engage.gap"


class Listening:
    """Follows a stream as the listener does: what is yielded is kept together with its cursor."""

    def __init__(self, connector: MastodonConnector, cursor: str = "") -> None:
        self.connector = connector
        self.cursor = cursor
        self.keys: list[str] = []
        self.payloads: list[Any] = []

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), aclosing(self.connector.listen(self.cursor)) as pages:
            async for page in pages:
                self._keep(page)
                if happened():
                    return

    async def caught_up(self, server: Mastodon, act: Callable[[], None], happened: Callable[[], bool]) -> None:
        """Acts once the stream itself is read: what only it tells has come."""
        steps = iter([lambda: server.tell("a.new.kind", {"id": "77"}), act])

        def seen() -> bool:
            if step := next(steps, None):
                step()
                return False
            return happened()

        await self.until(seen)

    async def spell(self, act: Callable[[], Any]) -> None:
        """One connection until it is lost; `act` once what was missed is there."""
        try:
            async with asyncio.timeout(20), aclosing(self.connector.listen(self.cursor)) as pages:
                async for page in pages:
                    self._keep(page)
                    act()
        except Unavailable:
            pass

    def _keep(self, page: Page) -> None:
        self.cursor = page.cursor
        self.keys += [event.key for event in page.events]
        self.payloads += [json.loads(event.body) for event in page.events]

    @property
    def events(self) -> list[Event]:
        return [event for payload in self.payloads if GAP not in payload for event in parse(payload, OWN)]

    @property
    def gaps(self) -> list[tuple[datetime, datetime]]:
        found = [payload[GAP] for payload in self.payloads if GAP in payload]
        return [(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["until"])) for one in found]

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(event.kind.value, event.message.text if event.message else event.reason) for event in self.events]


@pytest.fixture
def listening(connector: MastodonConnector) -> Listening:
    return Listening(connector)


async def test_everything_that_concerns_the_account_is_heard(server: Mastodon, listening: Listening) -> None:
    def happen() -> None:
        asked = server.write("@me what lens?")
        server.edit(asked, "@me which lens, please?")
        server.post_in_person("@ann@remote.example An old one.", asked)
        server.tell("filters_changed", "undefined")
        server.tell("announcement", {"id": "1"})
        server.write("nice", kind="favourite")
        server.tell("update", server.statuses[server.write("Lunch.")])
        server.tell("notification", "no JSON")
        server.remove(asked)

    await listening.caught_up(server, happen, lambda: listening.payloads[-1]["event"] == "delete")
    assert listening.said == [
        ("ignored", "nothing to do for 'a.new.kind'"),
        ("message", "what lens?"),
        ("edited", "which lens, please?"),
        ("edited", "which lens, please?"),  # the server says it twice, with the same key
        ("takeover", "An old one."),
        ("deleted", ""),
    ]
    assert len(set(listening.keys)) == 5
    assert listening.gaps == []


async def test_what_was_missed_comes_first_and_once(server: Mastodon, listening: Listening) -> None:
    missed = [server.write(f"@me question {n}") for n in range(3)]
    await listening.until(lambda: len(listening.events) >= 3)
    assert [event.message and event.message.id for event in listening.events] == missed
    cursor = listening.cursor
    await listening.until(lambda: bool(listening.gaps))
    assert len(listening.events) == 3
    assert cursor != listening.cursor


@pytest.mark.parametrize("most", [5, 80], ids=["in small pages", "in full ones"])
async def test_more_than_a_page_was_missed(server: Mastodon, listening: Listening, most: int) -> None:
    """What is told meanwhile moves the mark on: nothing may be left behind by then."""
    server.page_size = most
    missed = [server.write(f"@me question {n}") for n in range(100)]
    listening.cursor = '{"mention": "0", "own": "0"}'
    told: list[str] = []

    def happened() -> bool:
        if len(listening.events) >= len(missed) and not told:
            told.append(server.write("@me the last"))
        return len(listening.events) > len(missed)

    await listening.until(happened)
    assert [event.message and event.message.id for event in listening.events] == missed + told


async def test_both_ways_bring_the_same_keys(server: Mastodon, connector: MastodonConnector) -> None:
    streamed = Listening(connector)

    def happen() -> None:
        server.post_in_person("@bob hi", server.write("@me what lens?"))

    await streamed.caught_up(server, happen, lambda: len(streamed.keys) == 3)
    polled = await connector.poll('{"mention": "0", "own": "0"}')
    by_key = {event.key: json.loads(event.body) for event in polled.events}
    assert by_key == dict(zip(streamed.keys[1:], streamed.payloads[1:], strict=True))


async def test_an_edit_or_deletion_that_was_missed_is_a_gap_with_its_times(
    server: Mastodon, listening: Listening
) -> None:
    asked = server.write("@me what lens?")
    await listening.spell(server.drop_streams)
    server.edit(asked, "@me which lens, please?")
    server.remove(asked)
    await listening.until(lambda: bool(listening.gaps))
    ((since, until),) = listening.gaps
    assert since < until
    ((gap,),) = [parse(payload, OWN) for payload in listening.payloads if GAP in payload]
    assert gap.kind is EventKind.STATUS
    assert "edited or deleted" in gap.reason


@pytest.mark.parametrize("cleanly", [True, False], ids=["ended", "cut"])
async def test_a_hundred_reconnections_lose_no_mention_and_bring_none_twice(
    server: Mastodon, listening: Listening, cleanly: bool
) -> None:
    written: list[str] = []

    def steps(number: int) -> Iterator[Callable[[], object]]:
        """What happens at each page of a connection: it is cut before, while or after a mention can be told."""
        yield lambda: written.append(server.write(f"@me there {number}"))
        yield lambda: (written.append(server.write(f"@me late {number}")), server.drop_streams(cleanly=cleanly))

    for number in range(100):
        written.append(server.write(f"@me away {number}"))
        coming = steps(number)
        if number % 3 == 0:
            coming = iter([lambda: server.drop_streams(cleanly=cleanly), *coming])
        await listening.spell(partial(_next, coming))
        server.pass_time(timedelta(seconds=20))  # 300 requests of lists in 15 minutes: up to six at a reconnection
    await listening.until(lambda: len(listening.gaps) >= 100)
    messages = [event.message.id for event in listening.events if event.kind is EventKind.MESSAGE and event.message]
    left = [event.message for event in _parsed(await listening.connector.poll(listening.cursor))]
    assert sorted(messages + [message.id for message in left if message]) == sorted(written)
    assert len(set(listening.keys)) == len(listening.keys)
    assert len(written) >= 200
    assert len(listening.gaps) == 100
    assert all(since <= until for since, until in listening.gaps)
    assert all(first[1] <= second[0] for first, second in zip(listening.gaps, listening.gaps[1:], strict=False))


def _next(steps: Iterator[Callable[[], object]]) -> None:
    if step := next(steps, None):
        step()


def _parsed(page: Page) -> list[Event]:
    return [event for one in page.events for event in parse(json.loads(one.body), OWN)]


async def test_a_mention_while_the_rest_is_fetched_comes_once(
    server: Mastodon, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the stream's connection and in the page that is fetched."""
    timeline = listening.connector._timeline
    fetch = timeline.missed

    async def slowly(mark: Any) -> Any:
        monkeypatch.setattr(timeline, "missed", fetch)
        server.write("@me in between")
        server.write("@me and another")
        return await fetch(mark)

    monkeypatch.setattr(timeline, "missed", slowly)
    last: list[str] = []

    def happened() -> bool:
        if len(listening.events) >= 2 and not last:
            last.append(server.write("@me the last"))
        return len(listening.events) >= 3

    await listening.until(happened)
    assert [text for _, text in listening.said] == ["in between", "and another", "the last"]


async def test_a_quiet_stream_notes_now_and_then_that_it_was_open(
    server: Mastodon, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "NOTE", timedelta(0))
    cursors: set[str] = set()

    def happened() -> bool:
        if not cursors:
            server.tell("filters_changed", "undefined")
        cursors.add(listening.cursor)
        return len(cursors) >= 2

    await listening.until(happened)
    assert listening.payloads == []


async def test_a_stream_that_says_nothing_is_given_up(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, server: Mastodon
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"3\r\n:)\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    other = await scripted(silent)
    monkeypatch.setattr(live, "IDLE", timedelta(seconds=0.3))
    connector = MastodonConnector(kit.account(server.url))
    monkeypatch.setattr(connector._timeline, "_streaming", other.url)
    listening = Listening(connector)
    with pytest.raises(Unavailable):
        await listening.until(lambda: False)
    assert json.loads(listening.cursor)["heard"]
    await connector.close()


async def test_a_server_that_is_not_ready_is_asked_again_later(server: Mastodon, listening: Listening) -> None:
    server.fail("/api/v1/streaming/user", 503, {"error": "not now"})
    with pytest.raises(Unavailable):
        await listening.until(lambda: False)
    server.limit = 0
    with pytest.raises(RateLimited) as caught:
        await listening.until(lambda: False)
    assert caught.value.retry_after


@pytest.fixture(autouse=True)
async def _nothing_stays_open(server: Mastodon) -> AsyncIterator[None]:
    """Whoever stops listening hangs up."""
    yield
    async with asyncio.timeout(5):
        while server.streaming:  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.01)
