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
from tests.connectors.youtube.kit import error
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
        if not (json.loads(cursor)["page"] or json.loads(cursor)["owed"]):
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


async def test_a_flood_does_not_keep_what_came_before_it_away(youtube: YouTube, connector: YouTubeConnector) -> None:
    """Each look finds more new comments than its page holds, and still older ones are reached."""
    youtube.page_size = 3
    youtube.comment("the first", at=days_ago(0.5))
    _, cursor = await everything(connector)
    for number in range(12):
        youtube.comment(f"before {number}", at=days_ago(0.4 - number / 1000))
    heard: set[str] = set()
    for look in range(8):
        for number in range(4):
            youtube.comment(f"flood {look} {number}", at=days_ago(0.3 - look / 100 - number / 1000))
        page = await connector.poll(cursor)
        heard.update(texts(page))
        cursor = page.cursor
    assert {f"before {number}" for number in range(12)} <= heard
    found, _ = await everything(connector, cursor)
    assert len(heard | set(found)) == 1 + 12 + 8 * 4


async def test_a_video_that_goes_viral_loses_nothing(youtube: YouTube, connector: YouTubeConnector) -> None:
    """A thousand threads at once, some with more replies than stand beside them, while people go on writing."""
    youtube.comment("before", at=days_ago(0.5))
    _, cursor = await everything(connector)
    alone: list[str] = []
    for number in range(1000):
        thread = youtube.comment(f"t{number}", at=days_ago(0.4 - number / 10_000))
        replies = 7 if number % 25 == 0 else 1 if number % 10 == 0 else 0
        for reply in range(replies):
            youtube.comment(f"t{number}.{reply}", "UClin", "@lin", parent=thread.id)
        alone += [] if replies else [thread.id]
    heard: set[str] = set()
    looks = 0
    while looks == 0 or json.loads(cursor)["page"] or json.loads(cursor)["owed"]:
        page = await connector.poll(cursor)
        heard.update(texts(page))
        cursor = page.cursor
        assert page.unspent >= 0
        looks += 1
        if looks <= 10:
            youtube.comment(f"late {looks}")
            del youtube.comments[alone.pop()], youtube.comments[alone.pop()]  # what follows moves up, over a page's end
    found, _ = await everything(connector, aged(cursor, RESCAN))
    assert {one.text for one in youtube.comments.values()} - {"before"} <= heard | set(found)
    assert looks < 40


async def test_comments_of_one_second_are_told_apart_from_those_heard_before(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.page_size, moment = 2, days_ago(0.1)
    youtube.comment("0", at=moment)
    _, cursor = await everything(connector)
    for number in range(1, 5):
        youtube.comment(str(number), at=moment)
    found, _ = await everything(connector, cursor)
    assert {"1", "2", "3", "4"} <= set(found)


async def test_an_empty_page_is_not_the_end(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.comment("behind it")
    youtube.fail(THREADS, 200, {"items": [], "nextPageToken": "0"})
    assert texts(await connector.poll("")) == ["behind it"]


async def test_a_page_that_leads_to_itself_is(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.fail(THREADS, 200, {"items": [], "nextPageToken": "7"}, times=2)
    page = await connector.poll("")
    assert json.loads(page.cursor)["page"] == ""


async def test_replies_that_one_look_cannot_pay_for_are_heard_by_the_next(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.subset, youtube.page_size = 1, 4
    for thread in range(4):
        first = youtube.comment(f"thread {thread}", at=days_ago(0.1))
        for number in range(11):
            youtube.comment(f"{thread}.{number}", "UClin", "@lin", parent=first.id)
    cursor, heard = "", set[str]()
    for _ in range(4):
        page = await connector.poll(cursor)
        heard.update(texts(page))
        cursor = page.cursor
        assert page.unspent >= 0
    assert heard == {f"thread {thread}" for thread in range(4)} | {f"{t}.{n}" for t in range(4) for n in range(11)}
    assert (await connector.poll(cursor)).unspent == LOOK - 1, "then nothing is left to be fetched"


async def test_replies_to_many_older_threads_are_heard_before_the_page_is_left(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.subset, youtube.page_size = 0, 12
    for thread in range(24):
        first = youtube.comment(f"thread {thread}", at=days_ago(0.5 - thread / 100))
        youtube.comment(f"to {thread}", "UClin", "@lin", parent=first.id)
    found, _ = await everything(connector)
    newest, older = range(12, 24), range(12)
    assert {f"to {thread}" for thread in older} <= set(found)
    assert {f"thread {thread}" for thread in newest} <= set(found)


async def test_a_number_of_replies_that_was_there_before_is_no_sign_that_nothing_changed(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    first = youtube.comment()
    for number in range(7):
        youtube.comment(f"old {number}", "UClin", "@lin", parent=first.id)
    page = await connector.poll("")
    for gone in [one.id for one in youtube.comments.values() if one.parent][-3:]:
        del youtube.comments[gone]
    page = await connector.poll(page.cursor)
    for number in range(3):
        youtube.comment(f"new {number}", "UClin", "@lin", parent=first.id)
    assert {"new 0", "new 1", "new 2"} <= set(texts(await connector.poll(page.cursor)))


@pytest.mark.parametrize("status", ["heldForReview", "likelySpam"])
async def test_a_reply_that_was_held_is_heard_when_the_creator_lets_it_through(
    youtube: YouTube, connector: YouTubeConnector, status: str
) -> None:
    """With the same key as before: whoever told it while it was held would have it dropped as heard already."""
    first = youtube.comment()
    held = youtube.comment("a link", "UClin", "@lin", parent=first.id)
    held.status = status
    page = await connector.poll("")
    assert texts(page) == ["How did you train?"]
    assert len(page.events) == 1, "what nobody may read is not told at all"
    held.status = "published"
    assert texts(await connector.poll(page.cursor)) == ["a link"]


@pytest.mark.parametrize(("status", "reason"), [(403, "forbidden"), (403, "commentsDisabled"), (404, "videoNotFound")])
async def test_a_thread_that_is_closed_to_us_does_not_keep_the_others_away(
    youtube: YouTube, connector: YouTubeConnector, status: int, reason: str
) -> None:
    youtube.subset = 0
    first = youtube.comment("closed")
    youtube.comment("unseen", "UClin", "@lin", parent=first.id)
    youtube.comment("open")
    youtube.fail("/youtube/v3/comments", status, error(status, reason))
    page = await connector.poll("")
    assert sorted(texts(page)) == ["closed", "open"]
    assert not (await connector.poll(page.cursor)).events
    assert len(youtube.calls_to("/youtube/v3/comments")) == 1, "it is not asked again and again"


async def test_replies_that_cannot_be_had_at_the_moment_are_fetched_by_the_next_look(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    youtube.subset = 0
    first = youtube.comment()
    youtube.comment("later", "UClin", "@lin", parent=first.id)
    youtube.fail("/youtube/v3/comments", 503)
    page = await connector.poll("")
    assert texts(page) == ["How did you train?"]
    assert texts(await connector.poll(page.cursor)) == ["later"]


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_comment_is_heard_without_its_videos_title(
    youtube: YouTube, connector: YouTubeConnector, status: int
) -> None:
    youtube.comment()
    youtube.fail("/youtube/v3/videos", status)
    assert texts(await connector.poll("")) == ["How did you train?"]


async def test_threads_older_than_a_week_are_left_alone(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.page_size = 1
    for age in (20, 15, 10, 1):
        youtube.comment(f"{age} days", at=days_ago(age))
    found, _ = await everything(connector)
    assert found == ["1 days"]
    assert len(youtube.calls_to(THREADS)) == 2


@pytest.mark.parametrize("reason", ["invalidPageToken", "processingFailure", "forbidden"])
async def test_a_page_that_youtube_does_not_give_is_begun_again(
    youtube: YouTube, connector: YouTubeConnector, reason: str
) -> None:
    youtube.page_size = 1
    for age in (3, 2, 1):
        youtube.comment(f"{age} days", at=days_ago(age / 2))
    youtube.refuses_pages = reason
    page = await connector.poll("")
    assert texts(page) == ["1 days"]
    youtube.refuses_pages = ""
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
    rows.append(
        {"snippet": {"videoId": 7, "totalReplyCount": "many", "topLevelComment": good}, "replies": {"comments": 5}}
    )
    youtube.fail(THREADS, 200, {"items": rows})
    assert texts(await connector.poll("")) == ["How did you train?"]


@pytest.mark.parametrize("path", ["/youtube/v3/comments", "/youtube/v3/videos"])
@pytest.mark.parametrize("body", [{"items": "none"}, {"items": [{"id": None}]}, []], ids=str)
async def test_an_odd_answer_beside_the_threads_does_not_keep_them_away(
    youtube: YouTube, connector: YouTubeConnector, path: str, body: Any
) -> None:
    youtube.subset = 0
    first = youtube.comment()
    youtube.comment("Me too", "UClin", "@lin", parent=first.id)
    youtube.fail(path, 200, body)
    assert "How did you train?" in texts(await connector.poll(""))


async def test_what_a_refused_poll_means(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.fail(THREADS, 404, {"error": {"code": 404, "errors": [{"reason": "channelNotFound"}]}})
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.fail(THREADS, 503, times=3)
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.fail(THREADS, 200, "no json", times=3)
    with pytest.raises(Unavailable):
        await connector.poll("")
    youtube.daily_units = youtube.units
    with pytest.raises(RateLimited):
        await connector.poll("")
    youtube.access.clear()
    with pytest.raises(Unauthorized):
        await connector.poll("")
