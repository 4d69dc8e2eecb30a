"""Polling for comments: what is new, what changed, and where the next poll goes on."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.cursors import RESCAN
from connectors.youtube.limits import LOOK
from connectors.youtube.parse import parse
from engage.errors import RateLimited, Unauthorized, Unavailable
from engage.models import Event, EventKind
from engage.platform import Page
from tests.platforms.youtube import CHANNEL, OWNER_HANDLE, YouTube, days_ago

THREADS = "/youtube/v3/commentThreads"


def events_of(page: Page) -> list[Event]:
    return [event for raw in page.events for event in parse(json.loads(raw.body), CHANNEL)]


def texts(page: Page) -> list[str]:
    return [event.message.text for event in events_of(page) if event.message]


def aged(cursor: str, by: timedelta) -> str:
    """A cursor whose last scan of older threads is longer ago."""
    kept: dict[str, Any] = json.loads(cursor)
    kept["scanned_at"] = (days_ago(0) - by).isoformat()
    return json.dumps(kept)


async def everything(connector: YouTubeConnector, cursor: str = "") -> tuple[list[str], str]:
    """Polls until nothing older is left to be read; each delivery counts once, as in the inbox."""
    found: dict[str, str] = {}
    while True:
        page = await connector.poll(cursor)
        for raw in page.events:
            [event] = parse(json.loads(raw.body), CHANNEL)
            assert event.message is not None
            found[raw.key] = event.message.text
        cursor = page.cursor
        if not json.loads(cursor)["page"]:
            return [*found.values()], cursor


async def test_a_comment_is_heard_once_with_its_videos_title(youtube: YouTube, connector: YouTubeConnector) -> None:
    comment = youtube.comment()
    page = await connector.poll("")
    [event] = events_of(page)
    assert event.kind is EventKind.MESSAGE
    assert event.message is not None
    assert (event.message.id, event.message.conversation_id) == (comment.id, f"thread:{comment.id}")
    assert (event.message.post_id, event.message.post_text) == ("vid1", "My first marathon")
    assert event.message.author.name == "@tom"
    assert not (await connector.poll(page.cursor)).events


async def test_a_videos_title_is_asked_for_once(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.comment()
    page = await connector.poll("")
    youtube.comment("And the shoes?")
    page = await connector.poll(page.cursor)
    assert [event.message.post_text for event in events_of(page) if event.message] == ["My first marathon"]
    assert len(youtube.calls_to("/youtube/v3/videos")) == 1


async def test_a_quiet_poll_takes_one_unit_and_gives_the_rest_back(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.comment()
    page = await connector.poll("")
    before = youtube.units
    page = await connector.poll(page.cursor)
    assert youtube.units - before == 1
    assert page.unspent == LOOK - 1
    assert page.wait >= timedelta(seconds=60)


async def test_an_edit_is_heard_as_one(youtube: YouTube, connector: YouTubeConnector) -> None:
    comment = youtube.comment()
    page = await connector.poll("")
    comment.text, comment.changed_at = "How long did you train?", comment.written_at + timedelta(minutes=1)
    [event] = events_of(await connector.poll(page.cursor))
    assert event.kind is EventKind.EDITED
    assert event.message is not None
    assert event.message.text == "How long did you train?"


async def test_a_comment_that_was_held_is_heard_when_the_creator_lets_it_through(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    held = youtube.comment("a link", at=days_ago(0.1))
    held.status = "heldForReview"
    youtube.comment("newer")
    page = await connector.poll("")
    assert texts(page) == ["newer"]
    held.status = "published"
    assert texts(await connector.poll(page.cursor)) == ["a link"]


async def test_replies_are_heard_and_ours_are_told_apart(youtube: YouTube, connector: YouTubeConnector) -> None:
    first = youtube.comment()
    page = await connector.poll("")
    youtube.comment("Six weeks.", CHANNEL, OWNER_HANDLE, parent=first.id)
    youtube.comment("Thanks!", parent=first.id)
    told = events_of(await connector.poll(page.cursor))
    assert [event.kind for event in told] == [EventKind.TAKEOVER, EventKind.MESSAGE]
    assert {event.message.conversation_id for event in told if event.message} == {f"thread:{first.id}"}


async def test_replies_beyond_those_that_stand_beside_the_thread_are_fetched(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.page_size = 4
    first = youtube.comment()
    page = await connector.poll("")
    for number in range(11):
        youtube.comment(f"reply {number}", parent=first.id)
    page = await connector.poll(page.cursor)
    assert sorted(texts(page)) == sorted(f"reply {number}" for number in range(11))
    assert len(youtube.calls_to("/youtube/v3/comments")) == 3


async def test_replies_to_an_old_thread_are_found_by_their_number(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.page_size = 2
    old = youtube.comment("three days old", at=days_ago(3))
    for number in range(3):
        youtube.comment(f"newer {number}", at=days_ago(2.9 - number / 10))
    _, cursor = await everything(connector)
    youtube.comment("still there?", "UClin", "@lin", parent=old.id)
    found, cursor = await everything(connector, cursor)
    assert found == [], "the newest page does not show it"
    found, _ = await everything(connector, aged(cursor, RESCAN))
    assert found == ["still there?"]


async def test_more_new_comments_than_fit_into_one_look_are_all_heard(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.page_size = 3
    youtube.comment("the first", at=days_ago(0.5))
    _, cursor = await everything(connector)
    for number in range(20):
        youtube.comment(f"flood {number}", at=days_ago(0.4 - number / 100))
    page = await connector.poll(cursor)
    assert page.unspent >= 0
    assert json.loads(page.cursor)["page"], "it does not end with one look"
    found, _ = await everything(connector, cursor)
    assert sorted(found) == sorted([*(f"flood {number}" for number in range(20)), "the first"])


async def test_threads_older_than_a_week_are_left_alone(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.page_size = 1
    for age in (20, 15, 10, 1):
        youtube.comment(f"{age} days", at=days_ago(age))
    found, _ = await everything(connector)
    assert found == ["1 days"]
    assert len(youtube.calls_to(THREADS)) == 2


async def test_a_page_that_youtube_has_forgotten_is_begun_again(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.page_size = 1
    for age in (3, 2, 1):
        youtube.comment(f"{age} days", at=days_ago(age / 2))
    youtube.forgets_pages = True
    page = await connector.poll("")
    assert texts(page) == ["1 days"]
    youtube.forgets_pages = False
    found, _ = await everything(connector, page.cursor)
    assert sorted(found) == ["2 days", "3 days"]


async def test_a_cursor_that_nobody_can_read_begins_anew(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.comment()
    for cursor in ("x", "[]", "{}", '{"head": 5}', '{"head": [], "counts": 5, "titles": {}, "page": ""}'):
        assert texts(await connector.poll(cursor)) == ["How did you train?"]


async def test_a_look_never_takes_more_than_the_plan_gives_it(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.page_size, youtube.subset = 5, 0
    for number in range(40):
        first = youtube.comment(f"c{number}", video=f"v{number}", at=days_ago(number / 100))
        for _ in range(3):
            youtube.comment("again", "UClin", "@lin", parent=first.id)
    cursor = ""
    for _ in range(4):
        before = youtube.units
        page = await connector.poll(cursor)
        cursor = page.cursor
        assert youtube.units - before == LOOK - page.unspent <= LOOK


async def test_one_odd_thread_does_not_keep_the_others_away(youtube: YouTube, connector: YouTubeConnector) -> None:
    good = youtube.comment().resource()
    rows = [{"id": "x", "snippet": {}}, {"id": "y", "snippet": {"topLevelComment": {"id": "y"}}}]
    rows.append({"id": good["id"], "snippet": {"videoId": "vid1", "totalReplyCount": 0, "topLevelComment": good}})
    youtube.fail(THREADS, 200, {"items": rows})
    assert texts(await connector.poll("")) == ["How did you train?"]


async def test_what_a_refused_poll_means(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.fail(THREADS, 404, {"error": {"code": 404, "errors": [{"reason": "channelNotFound"}]}})
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.fail(THREADS, 503, times=3)
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.fail(THREADS, 200, "no json")
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.daily_units = youtube.units
    with pytest.raises(RateLimited):
        await connector.poll("")
    youtube.access.clear()
    with pytest.raises(Unauthorized):
        await connector.poll("")
