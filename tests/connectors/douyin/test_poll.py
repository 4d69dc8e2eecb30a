"""Comments where Douyin cannot call us: new ones are found, each once, and nothing of the creator's is a question."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.douyin.connector import DouyinConnector
from connectors.douyin.looks import CALLS
from connectors.douyin.parse import parse
from connectors.douyin.state import State
from engage.errors import RateLimited, Unauthorized, Unavailable
from engage.models import Event, EventKind
from engage.platform import PollSource
from tests.connectors.douyin import kit
from tests.connectors.douyin.conftest import Make
from tests.platforms.douyin import Douyin

VIDEOS, COMMENTS, REPLIES = "/api/douyin/v1/video/video_list/", "/item/comment/list/", "/item/comment/reply/list/"


async def look(connector: DouyinConnector, cursor: str = "") -> tuple[list[Event], str]:
    """What a look brings, and its cursor."""
    page = await connector.poll(cursor)
    assert len({event.key for event in page.events}) == len(page.events)
    assert page.wait >= timedelta(minutes=1)
    return [one for event in page.events for one in parse(json.loads(event.body), kit.OWN)], page.cursor


def hours_ago(cursor: str) -> str:
    """A cursor as if its look had been two hours ago."""
    state = State.read(cursor)
    return replace(state, seen={item: at - 7200 for item, at in state.seen.items()}).written


def words(events: list[Event]) -> list[str]:
    return [event.message.text for event in events if event.message]


async def test_new_comments_and_replies_are_found_once(douyin: Douyin, connected: Make) -> None:
    connector = connected()
    assert isinstance(connector, PollSource)
    root = douyin.comments("在哪里?", age_s=60)
    douyin.comments("我也想知道", root, fan="fan-2", age_s=30)
    events, cursor = await look(connector)
    assert words(events) == ["在哪里?", "我也想知道"]
    assert {event.kind for event in events} == {EventKind.MESSAGE}
    assert events[0].message is not None
    assert (events[0].message.post_id, events[0].message.post_text) == (douyin.video, "里斯本之上")
    assert events[1].message is not None
    assert (events[1].message.conversation_id, events[1].message.reply_to_id) == (f"{douyin.video} {root}", root)
    before = len(douyin.calls)
    assert await look(connector, cursor) == ([], cursor)
    assert [call.path for call in douyin.calls[before:]] == [VIDEOS], "a video nobody commented on is not read"
    douyin.comments("谢谢", root)
    events, cursor = await look(connector, cursor)
    assert "谢谢" in words(events)


async def test_what_the_creator_wrote_is_theirs(douyin: Douyin, connected: Make) -> None:
    root = douyin.comments("在哪里?")
    douyin.comments("在辛特拉。", root, fan="")
    events, _ = await look(connected())
    assert [event.kind for event in events if event.message and event.message.author.is_self] == [EventKind.TAKEOVER]


async def test_a_reply_under_an_old_comment_is_found(douyin: Douyin, connected: Make) -> None:
    root = douyin.comments("很久以前", age_s=90_000)
    douyin.comments("也是", root, age_s=80_000)
    events, cursor = await look(connected())
    assert events == []
    douyin.comments("现在呢?", root)
    events, _ = await look(connected(), cursor)
    assert words(events) == ["现在呢?"]


async def test_old_comments_are_not_told_at_the_beginning(douyin: Douyin, connected: Make) -> None:
    douyin.comments("昨天", age_s=86_400)
    douyin.comments("刚才", age_s=600)
    events, _ = await look(connected())
    assert words(events) == ["刚才"]


async def test_a_busy_video_is_read_over_several_looks_and_nothing_is_lost(douyin: Douyin, connected: Make) -> None:
    asked = [douyin.comments(f"{number}", age_s=500 - number) for number in range(60)]
    for root in asked:
        douyin.comments(f"re {root}", root, age_s=1)
    seen: set[str] = set()
    cursor = ""
    for _ in range(5):
        before = len(douyin.calls)
        events, cursor = await look(connected(), cursor)
        assert len(douyin.calls) - before <= CALLS + 1
        seen |= set(words(events))
    assert len(seen) == 120


async def test_more_comments_than_a_look_reads_are_read_by_the_next_and_cost_nothing_afterwards(
    douyin: Douyin, connected: Make
) -> None:
    cursor = (await look(connected()))[1]
    for number in range(500):
        douyin.comments(f"{number}", age_s=3000 - number)  # in an hour in which nobody looked
    seen: set[str] = set()
    cursor = hours_ago(cursor)
    for _ in range(2):
        before = len(douyin.calls)
        events, cursor = await look(connected(), cursor)
        assert len(douyin.calls) - before <= CALLS + 1
        seen |= set(words(events))
    assert [number for number in range(500) if f"{number}" not in seen] == []
    before = len(douyin.calls)
    await look(connected(), cursor)
    assert [call.path for call in douyin.calls[before:]] == [VIDEOS]


async def test_under_a_busy_video_old_threads_are_read_too(douyin: Douyin, connected: Make) -> None:
    root = douyin.comments("很久以前", age_s=4000)
    for number in range(10):
        douyin.comments(f"old {number}", age_s=3990 - number)
    for number in range(150):
        douyin.comments(f"{number}", age_s=3000 - number)
    cursor = ""
    for _ in range(2):
        cursor = (await look(connected(), cursor))[1]
    for _ in range(130):
        douyin.creator.comments.popitem()  # they are deleted: the old ones stand near the top again
    douyin.comments("现在呢?", root)
    events, _ = await look(connected(), cursor)
    assert "现在呢?" in words(events)


async def test_a_thread_without_end_does_not_stop_the_others(douyin: Douyin, connected: Make) -> None:
    quiet = douyin.comments("安静", age_s=60)
    douyin.comments("quiet", quiet, age_s=50)
    loud = douyin.comments("热闹", age_s=40)
    for number in range(1200):
        douyin.comments(f"{number}", loud, age_s=30)
    douyin.a_minute = 10_000
    events, cursor = await look(connected())
    events += (await look(connected(), cursor))[0]
    assert "quiet" in words(events)


async def test_one_closed_video_does_not_hide_the_others(douyin: Douyin, connected: Make) -> None:
    older = douyin.video
    douyin.comments("旧", video=older)
    newer = douyin.publishes("新的")
    douyin.comments("新", video=newer)
    douyin.fail(COMMENTS, 200, kit.said(2100005, "Parameter error"))
    events, cursor = await look(connected())
    assert words(events) == ["旧"]
    events, _ = await look(connected(), cursor)
    assert words(events) == ["新"]


async def test_one_thread_that_may_not_be_read_does_not_hide_the_others(douyin: Douyin, connected: Make) -> None:
    older, newer = douyin.comments("旧", age_s=60), douyin.comments("新", age_s=30)
    douyin.comments("re 新", newer, age_s=20)
    douyin.comments("re 旧", older, age_s=20)
    douyin.fail(REPLIES, 200, kit.said(2100005, "Parameter error"))  # it was deleted since the list was read
    events, cursor = await look(connected())
    assert sorted(words(events)) == sorted(["旧", "新", "re 旧"])
    assert set(State.read(cursor).seen) == {douyin.video}


async def test_a_video_that_is_gone_is_forgotten(douyin: Douyin, connected: Make) -> None:
    douyin.comments("?")
    _, cursor = await look(connected())
    assert set(State.read(cursor).seen) == {douyin.video}
    douyin.creator.videos.clear()
    _, cursor = await look(connected(), cursor)
    assert (State.read(cursor).seen, State.read(cursor).counts) == ({}, {})


@pytest.mark.parametrize("scopes", [["item.comment"], ["video.list.bind"], []])
async def test_without_the_scopes_nothing_is_asked(douyin: Douyin, connected: Make, scopes: list[str]) -> None:
    page = await connected(scopes=scopes).poll("kept")
    assert (list(page.events), page.cursor, page.wait) == ([], "kept", timedelta(hours=1))
    assert douyin.calls == []


@pytest.mark.parametrize("cursor", ["", "x", "5", "[]", '{"seen": 5}', '{"seen": {"a": "b"}}', '{"threads": null}'])
async def test_a_cursor_that_is_none_begins_anew(douyin: Douyin, connected: Make, cursor: str) -> None:
    douyin.comments("?")
    events, _ = await look(connected(), cursor)
    assert words(events) == ["?"]


async def test_what_a_fault_leads_to(douyin: Douyin, connected: Make) -> None:
    douyin.comments("?")
    douyin.fail(VIDEOS, 200, kit.said(28003018, "请求频率过高"))
    with pytest.raises(RateLimited):
        await connected().poll("")
    douyin.fail(VIDEOS, 200, kit.said(28001018, "应用未获得该能力"))
    with pytest.raises(Unavailable, match="may not be read"):
        await connected().poll("")
    douyin.fail(COMMENTS, 200, kit.said(28001018, "应用未获得该能力"))
    with pytest.raises(Unavailable) as caught:
        await connected().poll("")
    assert caught.value.retry_after == timedelta(minutes=5)
    for broken in ({"list": 5}, {"list": [{}]}, {"list": [], "has_more": True}, {"list": [5]}):
        douyin.fail(VIDEOS, 200, kit.said(0, **broken))
        with pytest.raises(Unavailable):
            await connected().poll("")
    douyin.creator.ends_at = 0
    with pytest.raises(Unauthorized):
        await connected().poll("")
