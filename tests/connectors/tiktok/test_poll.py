"""Looking: every comment and message is found, however TikTok deals it out, and none is taken for another's."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.tiktok import comments, limits, state
from connectors.tiktok.connector import POLL_WAIT, TikTokConnector
from connectors.tiktok.parse import parse
from engage.errors import RateLimited, Unauthorized, Unavailable
from engage.models import Event, EventKind, Surface
from engage.platform import Page, RawEvent
from tests.connectors.tiktok import kit
from tests.connectors.tiktok.conftest import Make
from tests.platforms.tiktok import TikTok, V

LIST = f"{V}/business/comment/list/"
REPLIES = f"{V}/business/comment/reply/list/"
VIDEOS = f"{V}/business/video/list/"
CONVERSATIONS = f"{V}/business/message/conversation/list/"
CONTENT = f"{V}/business/message/content/list/"


def events(found: Iterable[RawEvent]) -> list[Event]:
    return [event for raw in found for event in parse(json.loads(raw.body), kit.OWN)]


def told(page: Page, kind: EventKind = EventKind.MESSAGE) -> list[str]:
    return [event.message.text for event in events(page.events) if event.kind is kind and event.message]


async def looks(connector: TikTokConnector, count: int, cursor: str = "") -> tuple[list[RawEvent], str]:
    """What so many looks in a row brought, each thing once as the ledger keeps it."""
    found: dict[str, RawEvent] = {}
    for _ in range(count):
        page = await connector.poll(cursor)
        cursor = page.cursor
        found |= {event.key: event for event in page.events if event.key not in found}
    return list(found.values()), cursor


async def test_a_look_brings_comments_replies_and_messages(tiktok: TikTok, connected: Make) -> None:
    root = tiktok.comments("where is this?", age_s=50)
    tiktok.comments("I wonder too", parent=root, fan="fan_2", age_s=40)
    tiktok.comments("In Sintra.", parent=root, fan="", age_s=30)
    place, message = tiktok.writes("hello", age_s=20)
    page = await connected().poll("")
    assert page.wait == POLL_WAIT
    assert told(page) == ["where is this?", "I wonder too", "hello"]
    assert told(page, EventKind.TAKEOVER) == ["In Sintra."]
    seen = {event.message.text: event.message for event in events(page.events) if event.message}
    assert {seen[text].conversation_id for text in list(seen)[:3]} == {f"{tiktok.video}:{root}"}
    assert (seen["where is this?"].post_text, seen["where is this?"].author.id) == ("Above Lisbon", "+id/fan_1")
    assert (seen["hello"].id, seen["hello"].conversation_id) == (message, place)


async def test_what_was_seen_is_not_brought_for_ever(tiktok: TikTok, connected: Make) -> None:
    tiktok.comments("old news", age_s=4000)
    tiktok.comments("new", age_s=10)
    connector = connected()
    page = await connector.poll("")
    first = [event.key for event in page.events]
    assert "new" in told(page)
    again = await connector.poll(page.cursor)
    assert [event.key for event in again.events] == first, "the same key: the ledger keeps it once"


async def test_a_hundred_comments_between_two_looks(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    cursor = (await connector.poll("")).cursor
    for n in range(130):
        tiktok.comments(f"comment {n}", fan=f"fan_{n}")
    page = await connector.poll(cursor)
    assert sorted(told(page)) == sorted(f"comment {n}" for n in range(130))


async def test_short_and_empty_pages_are_not_the_end(tiktok: TikTok, connected: Make) -> None:
    ids = [tiktok.comments(f"comment {n}", fan=f"fan_{n}", age_s=n / 10) for n in range(70)]
    tiktok.withheld = set(ids[:31])  # the first page is empty, the second short
    page = await connected().poll("")
    assert sorted(told(page)) == sorted(f"comment {n}" for n in range(31, 70))


async def test_a_pinned_old_comment_on_top_does_not_end_the_look(tiktok: TikTok, connected: Make) -> None:
    rows = [
        {"comment_id": str(n), "video_id": tiktok.video, "unique_identifier": f"+{n}", "text": f"comment {n}"}
        | {
            "create_time": str(int(tiktok.creator.ends_at) - 86400 - age),
            "owner": False,
            "status": "PUBLIC",
            "replies": 0,
        }
        for n, age in ((1, 900000), (2, 10), (3, 20))
    ]
    behind = {**rows[1], "comment_id": "4", "text": "comment 4"}
    tiktok.fail(LIST, 200, kit.said(0, "OK", {"comments": rows, "cursor": 3, "has_more": True}))
    tiktok.fail(LIST, 200, kit.said(0, "OK", {"comments": [behind], "cursor": 4, "has_more": False}))
    assert sorted(told(await connected().poll(""))) == ["comment 2", "comment 3", "comment 4"]


async def test_long_threads_are_read_to_their_end_and_only_when_they_grow(tiktok: TikTok, connected: Make) -> None:
    connector, root = connected(), tiktok.comments("where is this?")
    for n in range(65):
        tiktok.comments(f"reply {n}", parent=root, fan=f"fan_{n}")
    page = await connector.poll("")
    assert sorted(told(page)) == sorted(["where is this?", *(f"reply {n}" for n in range(65))])
    assert len(tiktok.calls_to(REPLIES)) == 3
    page = await connector.poll(page.cursor)
    assert len(tiktok.calls_to(REPLIES)) == 3, "the thread is as long as it was"
    tiktok.comments("one more", parent=root, fan="fan_x")
    assert "one more" in told(await connector.poll(page.cursor))


async def test_more_threads_than_a_look_can_read_are_all_read(tiktok: TikTok, connected: Make) -> None:
    """After two hours in which nobody looked: what the first look leaves is older than the second would go back."""
    for n in range(25):
        root = tiktok.comments(f"comment {n}", fan=f"fan_{n}", age_s=90000 + n)
        for m in range(4):
            tiktok.comments(f"reply {n} {m}", parent=root, fan=f"fan_{m}", age_s=3000 + m)
    before = state.written(state.State(seen=int(time.time()) - 7200))
    found, _ = await looks(connected(), 3, before)
    texts = {event.message.text for event in events(found) if event.message}
    assert [name for n in range(25) for m in range(4) if (name := f"reply {n} {m}") not in texts] == []


async def test_a_reply_that_came_as_another_was_deleted_is_read_when_the_thread_grows(
    tiktok: TikTok, connected: Make
) -> None:
    """The thread is as long as it was: nothing shows that there is one more."""
    connector, root = connected(), tiktok.comments("where is this?", age_s=90000)
    replies = [tiktok.comments(f"reply {n}", parent=root, fan=f"fan_{n}", age_s=2000 - n) for n in range(5)]
    _, cursor = await looks(connector, 1)
    tiktok.takes_down(replies[0])
    tiktok.comments("unseen", parent=root, fan="fan_x", age_s=700)
    tiktok.comments("seen", parent=root, fan="fan_y")
    kept = state.read(cursor)  # as if it had been read before that, and looked at since
    kept.threads = {thread: [count, until - 900] for thread, (count, until) in kept.threads.items()}
    found, _ = await looks(connector, 1, state.written(kept))
    assert {"seen", "unseen"} <= {event.message.text for event in events(found) if event.message}


async def test_a_thread_without_end_does_not_stop_the_others(tiktok: TikTok, connected: Make) -> None:
    root = tiktok.comments("a quiet one", age_s=50)
    for n in range(5):
        tiktok.comments(f"quiet {n}", parent=root, fan=f"fan_{n}", age_s=40)
    flooded = tiktok.comments("a loud one", age_s=30)
    for n in range(600):
        tiktok.comments(f"loud {n}", parent=flooded, fan=f"fan_{n}", age_s=20)
    tiktok.a_minute = 1000
    found, _ = await looks(connected(), 3)
    texts = {event.message.text for event in events(found) if event.message}
    assert {f"quiet {n}" for n in range(5)} <= texts


async def test_the_slow_round_finds_what_stands_deep(tiktok: TikTok, connected: Make) -> None:
    """A reply under an old comment of an old video, which no page from the top shows."""
    root = tiktok.comments("an old question", age_s=300000)
    for n in range(40):
        tiktok.comments(f"old {n}", fan=f"fan_{n}", age_s=299000 - n)
    for n in range(25):
        tiktok.publishes(f"video {n}")
    tiktok.a_minute = 1000
    connector = connected()
    _, cursor = await looks(connector, 6)
    tiktok.comments("any news?", parent=root, fan="fan_x")
    found, _ = await looks(connector, 6, cursor)
    assert "any news?" in [event.message.text for event in events(found) if event.message]


async def test_a_comment_that_was_held_back_is_read_once_it_is_public(tiktok: TikTok, connected: Make) -> None:
    held = tiktok.comments("is it safe?", age_s=7200, status="HIDDEN")
    connector = connected()
    page = await connector.poll("")
    assert told(page) == []
    tiktok.shows(held, "PUBLIC")
    assert told(await connector.poll(page.cursor)) == ["is it safe?"]


async def test_a_flood_is_read_from_the_top_and_finished_later(tiktok: TikTok, connected: Make) -> None:
    for n in range(700):
        tiktok.comments(f"comment {n}", fan=f"fan_{n}", age_s=(700 - n) / 10)
    tiktok.a_minute = 1000
    connector = connected()
    page = await connector.poll("")
    assert len(tiktok.calls_to(LIST)) <= limits.COMMENT_PAGES
    assert "comment 699" in told(page)
    found, cursor = await looks(connector, 5, page.cursor)
    texts = {event.message.text for event in events([*page.events, *found]) if event.message}
    assert len(texts) == 700
    kept = state.read(cursor)
    assert kept.seen
    before = len(tiktok.calls_to(LIST))
    page = await connector.poll(state.written(replace(kept, seen=kept.seen + 600)))  # ten quiet minutes later
    assert len(tiktok.calls_to(LIST)) - before <= 1 + comments.SWEPT, "a flood of once does not cost for ever"


async def test_what_a_flood_leaves_is_read_before_anything_else_of_the_slow_round(
    tiktok: TikTok, connected: Make
) -> None:
    """Behind the first 500 TikTok sorts by likes: no page from the top shows the others."""
    tiktok.a_minute = 1000
    connector = connected()
    for n in range(30):
        video = tiktok.publishes(f"video {n}")
        for m in range(70):
            tiktok.comments(f"old {m}", video=video, fan=f"fan_{m}", age_s=90000)
    _, cursor = await looks(connector, 2)
    for n in range(600):
        tiktok.comments(f"comment {n}", video=video, fan=f"fan_{n}", age_s=(600 - n) / 10)
    kept = state.read(cursor)
    found, _ = await looks(connector, 3, state.written(replace(kept, seen=kept.seen - 70)))
    texts = {event.message.text for event in events(found) if event.message}
    assert [n for n in range(600) if f"comment {n}" not in texts] == []


async def test_a_look_stays_under_forty_calls_an_endpoint(tiktok: TikTok, connected: Make) -> None:
    for n in range(20):
        video = tiktok.publishes(f"video {n}")
        for m in range(35):
            root = tiktok.comments(f"comment {m}", video=video, fan=f"fan_{m}")
            for k in range(4):
                tiktok.comments(f"reply {k}", parent=root, video=video, fan=f"fan_{k}")
    for n in range(30):
        tiktok.writes("hello", fan=f"fan_{n}")
    page = await connected().poll("")
    for path in (LIST, REPLIES, VIDEOS, CONVERSATIONS, CONTENT):
        assert 0 < len(tiktok.calls_to(path)) < 40, path
    assert limits.LOOK - page.unspent == len(tiktok.calls), "what it did not need is given back"
    assert page.unspent >= 0


async def test_one_video_that_is_gone_hides_no_other(tiktok: TikTok, connected: Make) -> None:
    tiktok.comments("where is this?")
    tiktok.publishes("Another one")
    tiktok.fail(LIST, 200, kit.said(40007, "The video does not exist"))
    assert told(await connected().poll("")) == ["where is this?"]


async def test_comments_that_nobody_may_read_are_an_error_and_not_silence(tiktok: TikTok, connected: Make) -> None:
    tiktok.fail(LIST, 200, kit.said(40001, "No permission to operate"), times=50)
    with pytest.raises(Unavailable, match="40001") as caught:
        await connected().poll("")
    assert caught.value.retry_after is not None


async def test_a_look_that_fails(tiktok: TikTok, connected: Make) -> None:
    for answer, error in (
        (kit.said(40105, "revoked"), Unauthorized),
        (kit.said(40100, "Too many requests"), RateLimited),
        (kit.said(0, "OK", {"videos": 5}), Unavailable),
        (kit.said(0, "OK", {"videos": [{}], "has_more": False}), Unavailable),
        ({"code": 0}, Unavailable),
    ):
        tiktok.fail(VIDEOS, 200, answer)
        with pytest.raises(error):
            await connected().poll("")


async def test_a_cursor_that_is_none_begins_anew(tiktok: TikTok, connected: Make) -> None:
    tiktok.comments("where is this?")
    connector = connected()
    for cursor in (
        "x",
        "[]",
        "5",
        '{"seen": "x"}',
        '{"threads": 5}',
        '{"messages": 0, "threads": {"1": 5}}',
        '{"sweep": {"what": 1}}',
        "null",
    ):
        assert told(await connector.poll(cursor)) == ["where is this?"], cursor


async def test_a_place_that_tiktok_knows_no_more_ends_the_round_and_not_the_looks(
    tiktok: TikTok, connected: Make
) -> None:
    tiktok.comments("where is this?")
    page = await connected().poll(state.written(state.State(sweep=state.Sweep(page=99, video=3, at=60))))
    assert told(page) == ["where is this?"]
    assert state.read(page.cursor).sweep == state.Sweep()


def test_the_cursor_stays_small() -> None:
    kept = state.State()
    for n in range(2000):
        kept.note_thread(str(7300000000000000000 + n), n, datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert len(kept.threads) == state.MOST_THREADS
    assert state.read(state.written(kept)) == kept
    assert len(state.written(kept)) < 25_000


# direct messages ----------------------------------------------------------------------------------------------------


async def test_who_writes_from_europe_is_read_by_the_poll(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    cursor = (await connector.poll("")).cursor
    _, message = tiktok.writes("hello from Graz", fan="fan+at", region="AT")
    _, body = tiktok.signed(tiktok.events[-1])
    assert [event.kind for event in parse(json.loads(body), kit.OWN)] == [EventKind.STATUS]
    page = await connector.poll(cursor)
    assert [event.message.id for event in events(page.events) if event.message] == [message]
    (call,) = tiktok.calls_to(CONTENT)
    assert "c%2Bfan%2Bat" in call.raw_query, "a + that is not encoded would be a blank"


async def test_both_ways_name_a_follower_and_a_message_alike(tiktok: TikTok, connected: Make) -> None:
    place, _ = tiktok.writes("hello")
    tiktok.writes_in_person(place, "I'm here myself.")
    by_webhook = [parse(json.loads(tiktok.signed(event)[1]), kit.OWN)[0] for event in tiktok.events]
    by_poll = events((await connected().poll("")).events)
    assert [(one.kind, one.message) for one in by_poll] == [(one.kind, one.message) for one in by_webhook]
    assert [one.kind for one in by_poll] == [EventKind.MESSAGE, EventKind.TAKEOVER]


async def test_our_own_messages_come_back_as_echoes(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    place, message = tiktok.writes("hello")
    receipt = await connector.send(kit.message("Hello you", conversation_id=place, in_reply_to=message))
    own = [one for one in events((await connector.poll("")).events) if one.message and one.message.author.is_self]
    assert [(one.kind, one.message and one.message.id) for one in own] == [(EventKind.ECHO, receipt.id)]


async def test_our_own_comments_come_back_as_those_of_the_account(tiktok: TikTok, connected: Make) -> None:
    """TikTok does not say by whose hand: intake knows them by their receipt."""
    connector, root = connected(), tiktok.comments("where is this?")
    receipt = await connector.send(kit.reply(conversation_id=f"{tiktok.video}:{root}"))
    own = [one for one in events((await connector.poll("")).events) if one.message and one.message.author.is_self]
    assert [(one.kind, one.message and one.message.id) for one in own] == [(EventKind.TAKEOVER, receipt.id)]


async def test_many_conversations_at_once_are_all_read(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    cursor = (await connector.poll("")).cursor
    for n in range(40):
        tiktok.writes(f"hello {n}", fan=f"fan_{n:02}", age_s=(40 - n) / 10)
    tiktok.a_minute = 1000
    found, _ = await looks(connector, 5, cursor)
    texts = {event.message.text for event in events(found) if event.message}
    assert texts == {f"hello {n}" for n in range(40)}


async def test_who_wrote_twice_while_many_wait_is_read_from_their_first_word(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    cursor = (await connector.poll("")).cursor
    tiktok.writes("first", fan="fan_x", age_s=50)
    for n in range(20):
        tiktok.writes(f"hello {n}", fan=f"fan_{n:02}", age_s=40 - n)
    tiktok.writes("second", fan="fan_x")
    tiktok.a_minute = 1000
    found, _ = await looks(connector, 3, cursor)
    assert {"first", "second"} <= {event.message.text for event in events(found) if event.message}


async def test_messages_that_are_refused_hide_no_comments(tiktok: TikTok, connected: Make) -> None:
    tiktok.comments("where is this?")
    tiktok.creator.region = "DE"  # TikTok knows better than the account's config
    assert told(await connected().poll("")) == ["where is this?"]
    assert tiktok.calls_to(CONVERSATIONS)


@pytest.mark.parametrize("config", [{"region": "FR"}, {"scopes": ["video.list", "comment.list"]}])
async def test_messages_that_may_not_be_read_are_not_asked_for(tiktok: TikTok, connected: Make, config: Any) -> None:
    await connected(**config).poll("")
    assert tiktok.calls_to(CONVERSATIONS) == []


async def test_one_conversation_that_is_gone_hides_no_other(tiktok: TikTok, connected: Make) -> None:
    tiktok.writes("hello", fan="fan_1", age_s=2)
    tiktok.writes("hello too", fan="fan_2")
    tiktok.fail(CONTENT, 200, kit.said(40007, "It does not exist"))
    assert told(await connected().poll("")) == ["hello too"]


def test_the_plan_of_calls() -> None:
    (quota,) = limits.quotas(kit.app())
    assert (quota.cost, quota.units, quota.shared_by) == (limits.LOOK, 432_000, "tiktok:7000000000000000000")
    own, of_all, messages = limits.limits(kit.app(calls_per_minute="1000"))
    assert (own.count, own.shared_by) == (40, "")
    assert (of_all.count, of_all.shared_by) == (500, "tiktok:7000000000000000000")
    assert messages.surfaces == {Surface.DM}
    assert comments.FRESH + comments.SWEPT <= limits.COMMENT_PAGES
