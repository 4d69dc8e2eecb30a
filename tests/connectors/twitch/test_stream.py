"""EventSub over a WebSocket: what is heard, what a reconnection keeps, and what a broken connection reports."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.twitch import live
from connectors.twitch.connector import TwitchConnector
from connectors.twitch.parse import parse
from engage.errors import EngageError, RateLimited, Retryable, Unauthorized, Unavailable
from engage.models import Event, EventKind
from engage.platform import Page
from tests.connectors.twitch.conftest import Connect
from tests.connectors.twitch.kit import BOT, CHANNEL, FOLLOWER, reply
from tests.platforms import twitch as simulated
from tests.platforms.twitch import Twitch

STORM = 100


class Ear:
    """A listener's side of a stream: pages, the cursor that follows them, and what they meant."""

    def __init__(self, connector: TwitchConnector) -> None:
        self.connector = connector
        self.cursor = ""
        self.keys: list[str] = []
        self.events: list[Event] = []
        self.gaps: list[tuple[datetime, datetime]] = []
        self._pages: AsyncIterator[Page] | None = None

    async def begin(self) -> None:
        """Connect, until everything is subscribed."""
        self._pages = self.connector.listen(self.cursor)
        await self.page()

    async def page(self) -> bool:
        """The next page. False where the connection is lost."""
        assert self._pages is not None
        page = await anext(self._pages, None)
        if page is None:
            return False
        self.cursor = page.cursor
        self.keys += [event.key for event in page.events]
        for payload in (json.loads(raw.body) for raw in page.events):
            self.events += parse(payload, CHANNEL)
            if times := payload.get("engage.gap"):
                self.gaps.append((datetime.fromisoformat(times["since"]), datetime.fromisoformat(times["until"])))
        return True

    async def until(self, count: int) -> None:
        """So many messages are heard."""
        while len(self.messages) < count:
            assert await self.page(), "the connection was lost"

    async def end(self) -> None:
        async with aclosing(self._pages):  # type: ignore[type-var]
            pass

    @property
    def messages(self) -> list[str]:
        return [event.message.text for event in self.events if event.message and event.kind is EventKind.MESSAGE]


@pytest.fixture
async def ear(connect: Connect) -> AsyncIterator[Ear]:
    made = Ear(connect(whispers=True))
    yield made
    if made._pages is not None:
        await made.end()


async def test_brings_chat_whispers_and_deletions(twitch: Twitch, ear: Ear) -> None:
    await ear.begin()
    line = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
    twitch.whisper(FOLLOWER, CHANNEL, "Between us")
    await ear.until(2)
    twitch.remove(line)
    await ear.page()
    kinds = [event.kind for event in ear.events]
    assert kinds == [EventKind.MESSAGE, EventKind.MESSAGE, EventKind.DELETED]
    assert len(set(ear.keys)) == 3
    assert ear.events[0].message is not None
    assert abs(ear.events[0].message.sent_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_brings_what_is_taken_away_all_at_once(twitch: Twitch, ear: Ear) -> None:
    await ear.begin()
    twitch.clear(CHANNEL, FOLLOWER)
    await ear.page()
    twitch.clear(CHANNEL)
    await ear.page()
    told = [(event.kind, event.message.id, event.message.author.id) for event in ear.events if event.message]
    assert told == [(EventKind.DELETED, "", FOLLOWER), (EventKind.DELETED, "", "")]


async def test_a_bots_reply_is_an_echo_although_the_chat_is_read_as_the_creator(twitch: Twitch, ear: Ear) -> None:
    await ear.begin()
    await ear.connector.send(reply(in_reply_to=""))
    await ear.page()
    assert [(event.kind, event.message.author.id) for event in ear.events if event.message] == [(EventKind.ECHO, BOT)]


async def test_a_new_beginning_reports_no_gap(ear: Ear) -> None:
    await ear.begin()
    assert ear.gaps == []
    assert ear.cursor


async def test_an_old_connection_that_stays_open_is_read_and_closed(
    twitch: Twitch, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LEFT_OVER", timedelta(milliseconds=50))
    twitch.keeps_old = True
    await ear.begin()
    twitch.during_move = [f"{CHANNEL}|{FOLLOWER}|while moving"]
    twitch.move_sessions()
    await ear.page()
    twitch.say(FOLLOWER, "after it", CHANNEL)
    await ear.until(2)
    assert ear.messages == ["while moving", "after it"]
    assert ear.gaps == []


async def test_100_reconnections_lose_nothing(twitch: Twitch, ear: Ear) -> None:
    """Each while people write: before it, between the new connection and its welcome, and after it."""
    await ear.begin()
    said = []
    for turn in range(STORM):
        twitch.say(FOLLOWER, f"before {turn}", CHANNEL)
        twitch.during_move = [f"{CHANNEL}|{FOLLOWER}|during {turn}"]
        twitch.move_sessions()
        twitch.say(FOLLOWER, f"asked {turn}", CHANNEL)
        said += [f"before {turn}", f"asked {turn}", f"during {turn}"]
        await ear.until(len(said))
        while twitch.sessions and next(iter(twitch.sessions.values())).moves_by:
            await ear.page()
    twitch.say(FOLLOWER, "at the end", CHANNEL)
    await ear.until(len(said) + 1)
    assert ear.messages == [*said, "at the end"]
    assert len(set(ear.keys)) == len(ear.keys)
    assert ear.gaps == []
    assert len(twitch.calls_to("/helix/eventsub", "POST")) == 5, "subscriptions move by themselves"


async def test_100_broken_connections_are_reported_with_their_times(twitch: Twitch, ear: Ear) -> None:
    """What is said between two connections is lost: Twitch tells nothing again."""
    await ear.begin()
    heard = []
    for turn in range(STORM):
        twitch.say(FOLLOWER, f"heard {turn}", CHANNEL)
        heard.append(f"heard {turn}")
        await ear.until(len(heard))
        twitch.drop_sessions()
        while await ear.page():
            pass
        twitch.say(FOLLOWER, f"missed {turn}", CHANNEL)
        await ear.begin()
    assert ear.messages == heard
    told = [event.reason for event in ear.events if event.kind is EventKind.STATUS]
    assert len(ear.gaps) == len(told) == STORM
    lost = [line.at for line in twitch.lines if line.text.startswith("missed")]
    assert all(since <= at <= until for at, (since, until) in zip(lost, ear.gaps, strict=True))


async def test_silence_is_a_lost_connection(twitch: Twitch, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LATE", timedelta(milliseconds=50))
    twitch.keepalive_s = 0.05
    twitch.unused_s = 3600  # no sign of life
    await ear.begin()
    assert not await ear.page()


async def test_signs_of_life_move_the_cursor(twitch: Twitch, ear: Ear) -> None:
    twitch.unused_s = twitch.keepalive_s = 0.02
    await ear.begin()
    first = ear.cursor
    assert await ear.page()
    assert ear.cursor > first
    assert ear.events == []


async def test_a_new_address_that_does_not_open_keeps_the_old_connection(twitch: Twitch, ear: Ear) -> None:
    await ear.begin()
    url, twitch.url = twitch.url, "http://127.0.0.1:9"
    twitch.move_sessions()
    await ear.page()
    twitch.url = url
    twitch.say(FOLLOWER, "still here", CHANNEL)
    await ear.until(1)
    assert ear.messages == ["still here"]


async def test_a_fourth_connection_of_a_user_waits(twitch: Twitch, connect: Connect) -> None:
    """Another program of the creator's, or an old connection that Twitch has not noticed yet, may hold three."""
    ears = [Ear(connect()) for _ in range(4)]
    for ear in ears[:3]:
        await ear.begin()
    with pytest.raises(RateLimited):
        await ears[3].begin()
    await ears[0].end()
    await ears[3].begin()
    for ear in ears[1:]:
        await ear.end()


async def test_a_withdrawn_access_is_told(twitch: Twitch, ear: Ear) -> None:
    await ear.begin()
    twitch.revoke(CHANNEL)
    await ear.page()
    assert ear.events[0].kind is EventKind.REVOKED
    assert not await ear.page()
    with pytest.raises(Unauthorized):
        await ear.begin()


async def test_the_token_is_validated_at_the_start_and_hourly(
    twitch: Twitch, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ear.begin()
    assert len(twitch.calls_to("/oauth2/validate")) == 1
    monkeypatch.setattr(live, "HOURLY", timedelta())
    twitch.fail("/oauth2/validate", 503, times=3)  # an outage is no answer
    twitch.say(FOLLOWER, "hello", CHANNEL)
    await ear.page()
    twitch.say(FOLLOWER, "hello again", CHANNEL)
    assert await ear.page()
    twitch.expire()
    assert not await ear.page()  # the session is over, as Twitch wants it
    with pytest.raises(Unauthorized):
        await ear.begin()


async def test_a_token_that_ended_by_itself_ends_no_stream(
    twitch: Twitch, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was renewed elsewhere; the connection needs none any more."""
    monkeypatch.setattr(simulated, "TOKEN_SECONDS", 0)
    monkeypatch.setattr(live, "HOURLY", timedelta())
    await ear.begin()
    twitch.expire()
    for number in range(3):
        twitch.say(FOLLOWER, f"hello {number}", CHANNEL)
    await ear.until(3)
    assert len(twitch.calls_to("/oauth2/validate")) == 1


@pytest.mark.parametrize(
    ("dial", "error"),
    [
        (lambda twitch: twitch.expire(), Unauthorized),
        (lambda twitch: twitch.fail("/helix/eventsub", 503), Retryable),
        (lambda twitch: twitch.fail("/helix/eventsub", 403, {"message": "missing authorization"}), Unauthorized),
        (lambda twitch: twitch.fail("/oauth2/validate", 503, times=5), Unavailable),
    ],
)
async def test_what_fails_before_it_begins_is_raised(
    dial: Any, error: type[EngageError], twitch: Twitch, ear: Ear
) -> None:
    dial(twitch)
    with pytest.raises(error):
        await ear.begin()
