"""Listening to the live chat: found, followed, resumed, and what is said where something was missed."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from connectors.youtube import connector as connector_module
from connectors.youtube import live
from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.cursors import Place
from connectors.youtube.limits import CHAT_LIST, CHAT_STREAM, SPELL
from connectors.youtube.parse import parse
from engage.errors import ConfigError, Malformed, RateLimited, Unauthorized, Unavailable
from engage.models import Event, EventKind
from engage.settings import Settings
from tests.connectors.youtube import kit
from tests.platforms.youtube import CHANNEL, YouTube

STREAM = "/youtube/v3/liveChat/messages/stream"
LIST = "/youtube/v3/liveChat/messages"
SEARCH = "/youtube/v3/liveBroadcasts"


@dataclass
class Heard:
    """What a spell of listening brought so far; each delivery counts once, as in the inbox."""

    events: dict[str, Event] = field(default_factory=dict)
    cursor: str = ""
    unspent: int = 0
    wait: timedelta = timedelta()

    @property
    def texts(self) -> list[str]:
        return [event.message.text for event in self.events.values() if event.message]

    @property
    def reasons(self) -> list[str]:
        return [event.reason for event in self.events.values() if event.kind is EventKind.STATUS]


async def listen(
    connector: YouTubeConnector,
    enough: Callable[[Heard], bool] = lambda heard: False,
    cursor: str = "",
    then: Callable[[Heard], None] = lambda heard: None,
) -> Heard:
    """Listen until it is enough, or the spell ends. then: what happens after each page."""
    heard = Heard(cursor=cursor)
    async with asyncio.timeout(20), aclosing(connector.listen(cursor)) as pages:  # type: ignore[type-var]
        async for page in pages:
            for raw in page.events:
                [heard.events[raw.key]] = parse(json.loads(raw.body), CHANNEL)
            heard.cursor, heard.unspent, heard.wait = page.cursor, page.unspent, page.wait
            then(heard)
            if enough(heard):
                break
    return heard


def once(act: Callable[[], object]) -> Callable[[Heard], None]:
    """Something that happens after the first page only."""
    waiting = [act]

    def after(heard: Heard) -> None:
        if waiting:
            waiting.pop()()

    return after


async def test_messages_are_pushed_as_they_are_written(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("first")

    def more(heard: Heard) -> None:
        if len(heard.events) < 3:
            youtube.say(f"next {len(heard.events)}")

    heard = await listen(connector, lambda heard: len(heard.events) == 3, then=more)
    assert heard.texts == ["first", "next 1", "next 2"]
    assert len(youtube.calls_to(STREAM)) == 1
    [event, *_] = heard.events.values()
    assert event.message is not None
    assert (event.message.conversation_id, event.message.post_text) == ("chat:chat1", "Long run, live")


async def test_it_waits_as_long_as_nobody_is_live(youtube: YouTube, connector: YouTubeConnector) -> None:
    listening = asyncio.create_task(listen(connector, lambda heard: bool(heard.events)))
    await asyncio.to_thread(youtube.asked.wait, 10)
    youtube.go_live()
    youtube.say("hello")
    assert (await listening).texts == ["hello"]


async def test_a_spell_without_a_broadcast_takes_its_units_and_gives_back_the_rest(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    heard = await listen(connector)
    assert youtube.units == SPELL - heard.unspent
    assert len(youtube.calls_to(SEARCH)) == youtube.units
    assert heard.unspent < CHAT_STREAM


async def test_a_channel_without_live_streaming_is_no_error(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.streaming_enabled = False
    assert not (await listen(connector)).events


async def test_of_two_broadcasts_the_later_is_followed(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live("old").started_at = youtube.go_live("new").started_at.replace(year=2020)
    youtube.say("from the new one", chat="new")
    youtube.say("from the old one", chat="old")
    assert (await listen(connector, lambda heard: bool(heard.events))).texts == ["from the new one"]


async def test_a_lost_connection_goes_on_where_it_was(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("first")

    def lose_it() -> None:
        youtube.hang_up()
        youtube.say("second")

    heard = await listen(connector, lambda heard: len(heard.events) == 2, then=once(lose_it))
    assert heard.texts == ["first", "second"]
    assert len({call.query.get("pageToken") for call in youtube.calls_to(STREAM)}) == len(youtube.calls_to(STREAM))
    assert len(youtube.calls_to(SEARCH)) == 1
    assert not heard.reasons, "nothing was missed"


async def test_the_next_listener_goes_on_from_the_cursor(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("first")
    heard = await listen(connector, lambda heard: bool(heard.events))
    youtube.say("while nobody listened")
    heard = await listen(connector, lambda heard: bool(heard.events), heard.cursor)
    assert heard.texts == ["while nobody listened"]
    assert len(youtube.calls_to(SEARCH)) == 1


async def test_however_often_the_connection_is_lost_each_message_comes_once(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    """Lost after each page, in the middle of one, and with the listener; the cursor is kept with its page."""
    youtube.go_live()
    youtube.say("0")
    heard: list[str] = []
    cursor, count = "", 1
    async with asyncio.timeout(20):
        while len(heard) < 40:
            async with aclosing(connector.listen(cursor)) as pages:  # type: ignore[type-var]
                async for page in pages:
                    heard += [raw.key for raw in page.events]
                    cursor = page.cursor
                    for number in range(count, min(count + 3, 40)):
                        youtube.say(str(number))
                    count += 3
                    youtube.hang_up()
                    if count % 4 == 0:
                        youtube.fail(STREAM, 200, '[{"items": [{"id": "LCC.half", "snip')
                    if count % 7 == 0 or len(heard) >= 40:
                        break
    assert heard == [line["id"] for line in youtube.chats["chat1"].lines]


async def test_a_chat_that_ends_says_so_and_the_next_one_is_found(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    youtube.say("first")

    def change() -> None:
        youtube.end()
        youtube.go_live("chat2")
        youtube.say("in the second", chat="chat2")

    heard = await listen(connector, lambda heard: "in the second" in heard.texts, then=once(change))
    assert heard.texts == ["first", "in the second"]
    assert heard.reasons == ["the live chat has ended"]


async def test_a_chat_that_ended_while_nobody_listened_leaves_a_gap(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    youtube.say("first")
    heard = await listen(connector, lambda heard: bool(heard.events))
    youtube.end(quietly=True)
    heard = await listen(connector, cursor=heard.cursor)
    [reason] = heard.reasons
    assert "nothing was heard" in reason
    assert "the live chat ended meanwhile" in reason
    assert not Place.read(heard.cursor).chat


async def test_a_forgotten_page_leaves_a_gap_and_begins_with_the_history(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    youtube.say("first")
    heard = await listen(connector, lambda heard: bool(heard.events))
    youtube.refuses_pages = "pageTokenInvalid"
    heard = await listen(connector, lambda heard: len(heard.events) == 2, heard.cursor)
    assert heard.texts == ["first"]
    assert "no longer knew how far" in heard.reasons[0]


async def test_where_the_stream_is_refused_the_list_is_asked(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.stream_refused = True
    youtube.go_live()
    youtube.say("first")
    heard = await listen(connector, lambda heard: len(heard.events) == 2, then=once(lambda: youtube.say("second")))
    assert heard.texts == ["first", "second"]
    assert len(youtube.calls_to(STREAM)) == 1
    listed = [call for call in youtube.calls_to(LIST) if call.path == LIST]
    assert [call.query.get("pageToken") for call in listed] == [None, "1"]


async def test_a_deleted_message_is_told(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    line = youtube.say("oops")
    youtube.retract(line)
    heard = await listen(connector, lambda heard: len(heard.events) == 2)
    gone = [event for event in heard.events.values() if event.kind is EventKind.DELETED]
    assert [event.message.id for event in gone if event.message] == [line]


async def test_connections_in_vain_do_not_use_up_the_day(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.fail(STREAM, 503, times=100)
    heard = await listen(connector)
    assert Place.read(heard.cursor).failures == len(youtube.calls_to(STREAM)) == (SPELL - 1) // CHAT_STREAM
    assert heard.unspent < CHAT_STREAM


async def test_a_search_in_vain_is_followed_by_another(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("hello")
    youtube.fail(SEARCH, 503, times=2)
    assert (await listen(connector, lambda heard: bool(heard.events))).texts == ["hello"]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_list_in_vain_is_followed_by_another(
    youtube: YouTube, connector: YouTubeConnector, status: int
) -> None:
    youtube.stream_refused = True
    youtube.go_live()
    youtube.say("hello")
    heard = await listen(connector, lambda heard: bool(heard.events))
    youtube.say("again")
    youtube.fail(LIST, status)
    heard = await listen(connector, lambda heard: bool(heard.events), heard.cursor)
    assert heard.texts == ["again"]
    assert Place.read(heard.cursor).failures == 0


async def test_a_stream_that_is_too_fast_is_opened_again(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("hello")
    youtube.fail(STREAM, 403, kit.error(403, "rateLimitExceeded"))
    assert (await listen(connector, lambda heard: bool(heard.events))).texts == ["hello"]


async def test_where_the_stream_was_refused_it_is_not_tried_again_in_this_chat(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.stream_refused = True
    youtube.go_live()
    heard = await listen(connector)
    before = youtube.units
    heard = await listen(connector, cursor=heard.cursor)
    assert len(youtube.calls_to(STREAM)) == 1
    assert youtube.units - before == SPELL == 4 * CHAT_LIST
    youtube.end()
    youtube.go_live("chat2")
    await listen(connector, cursor=(await listen(connector, cursor=heard.cursor)).cursor)
    assert len(youtube.calls_to(STREAM)) == 2, "the next chat may be pushed"


async def test_a_stream_that_was_refused_for_another_reason_is_tried_again_by_the_next_spell(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    youtube.say("first")
    youtube.fail(STREAM, 403, kit.error(403, "forbidden"))
    heard = await listen(connector)
    assert heard.texts == ["first"]
    youtube.say("second")
    heard = await listen(connector, lambda heard: bool(heard.events), heard.cursor)
    assert heard.texts == ["second"]
    assert len(youtube.calls_to(STREAM)) == 2


async def test_one_odd_message_is_kept_and_does_not_keep_the_others_away(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    line = youtube.say("hello")
    odd: list[Any] = [
        {"kind": "youtube#liveChatMessage", "snippet": {"type": "textMessageEvent"}},
        "?",
        None,
        {"id": 5},
    ]
    body = json.dumps([{"items": [*odd, youtube.chats["chat1"].lines[0]], "nextPageToken": "1"}])
    youtube.fail(STREAM, 200, body)
    async with asyncio.timeout(20), aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
        page = await anext(pages)
    assert page.events[-1].key == line
    assert len({raw.key for raw in page.events}) == 5
    for raw in page.events[:-1]:
        with pytest.raises(Malformed):
            parse(json.loads(raw.body), CHANNEL)
    assert Place.read(page.cursor).page == "1"


@pytest.mark.parametrize(("holds", "counted"), [(timedelta(0), False), (timedelta(minutes=1), True)])
async def test_a_connection_that_held_was_not_in_vain_though_nobody_wrote(
    youtube: YouTube,
    connector: YouTubeConnector,
    monkeypatch: pytest.MonkeyPatch,
    holds: timedelta,
    counted: bool,
) -> None:
    monkeypatch.setattr(live, "STEADY", holds)
    youtube.go_live()
    youtube.fail(STREAM, 200, "[]", times=100)
    heard = await listen(connector)
    assert bool(Place.read(heard.cursor).failures) is counted


@pytest.mark.parametrize("end", ["SPELL_LASTS", "until_reset"])
async def test_a_spell_ends_before_its_token_or_its_day_does(
    youtube: YouTube, connector: YouTubeConnector, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """A refused call would cost the account, and a unit of today must not be spent tomorrow."""
    over = timedelta(0)
    monkeypatch.setattr(connector_module, end, (lambda now: over) if end == "until_reset" else over)
    youtube.go_live()
    place = Place("chat1", "live1", "Long run, live", page="3")
    heard = await listen(connector, cursor=place.write())
    assert not youtube.calls
    assert (heard.unspent, heard.cursor) == (SPELL, place.write())


async def test_the_next_spell_does_not_search_sooner_than_this_one_would(youtube: YouTube) -> None:
    often = YouTubeConnector(kit.account(youtube.url, live_search_s=3600))
    heard = await listen(often)
    await often.close()
    assert len(youtube.calls_to(SEARCH)) == 1
    assert timedelta(minutes=59) < heard.wait <= timedelta(hours=1)
    assert heard.unspent == SPELL - 1


async def test_an_error_that_ends_a_spell_waits_as_long_as_its_units_should_last(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.go_live()
    youtube.fail(STREAM, 403, kit.error(403, "quotaExceeded"))
    with pytest.raises(RateLimited) as caught:
        await listen(connector)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= timedelta(days=1) * SPELL / 1600


async def test_an_error_inside_the_stream_counts_as_one(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.go_live()
    youtube.say("first")
    body = "[" + json.dumps(kit.error(403, "quotaExceeded")) + "]"
    youtube.fail(STREAM, 200, body)
    with pytest.raises(RateLimited):
        await listen(connector)


async def test_what_a_refused_search_means(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.fail(SEARCH, 403, kit.error(403, "forbidden"))
    with pytest.raises(Unavailable):
        await listen(connector)
    youtube.daily_units = youtube.units
    with pytest.raises(RateLimited):
        await listen(connector)
    youtube.access.clear()
    with pytest.raises(Unauthorized):
        await listen(connector)


@pytest.mark.parametrize("body", [{"items": {}}, {"items": [{"id": "live1", "snippet": {"liveChatId": ""}}]}], ids=str)
async def test_a_search_of_another_form_is_not_taken_for_silence(
    youtube: YouTube, connector: YouTubeConnector, body: dict[str, Any]
) -> None:
    youtube.fail(SEARCH, 200, body)
    with pytest.raises(Unavailable, match="form") as caught:
        await listen(connector)
    assert caught.value.retry_after == timedelta(days=1) * SPELL / 1600


async def test_an_answer_of_another_form_is_not_taken_for_silence(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.stream_refused = True
    youtube.go_live()
    youtube.fail(LIST, 404)
    youtube.fail(LIST, 200, {"items": {"no": "list"}})
    with pytest.raises(Unavailable, match="form"):
        await listen(connector)


def test_what_is_listed_is_heard_while_it_may_still_be_answered() -> None:
    """With ten seconds left for the answer; README.md says what to do with a longer pause."""
    oldest = Settings.model_fields["max_age_live"].default
    assert live.LIST_EVERY + timedelta(seconds=10) <= timedelta(seconds=oldest)


def test_a_wrong_setting_is_named() -> None:
    connector = YouTubeConnector(kit.account("http://127.0.0.1:9", live_search_s="often"))
    with pytest.raises(ConfigError, match="live_search_s"):
        connector.listen("")
