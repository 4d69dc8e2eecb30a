"""One poll of a channel's comments: the newest threads, some older ones, and the replies where their number changed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.fields import get, items, mapping, text, time
from connectors.youtube.calls import Calls
from connectors.youtube.chat import VIDEO
from connectors.youtube.cursors import RECENT, Seen, known, short
from connectors.youtube.limits import LIST, LOOK, Purse
from connectors.youtube.refusals import BAD_PAGE, Said
from engage.errors import Malformed, Unavailable
from engage.platform import RawEvent

WALK_PAGES = 2  # further pages of threads in one look
REPLY_PAGES = 5  # of one thread's replies
VIDEOS = 50  # that one call tells the titles of
FULL = "100"


@dataclass(frozen=True, slots=True)
class Look:
    """What a poll brought, the cursor after it, and the units it took."""

    events: Sequence[RawEvent]
    cursor: str
    spent: int


@dataclass(frozen=True, slots=True)
class _Threads:
    rows: list[Any]
    next_page: str

    @property
    def oldest(self) -> datetime | None:
        return _written(self.rows[-1]) if self.rows else None


async def look(calls: Calls, channel: str, cursor: str, now: datetime) -> Look:
    """Raises RateLimited, Unavailable or Unauthorized."""
    seen, purse = Seen.read(cursor), Purse(LOOK)
    try:
        newest = await _threads(calls, channel, "", purse)
        seen.read_on(newest.oldest, newest.next_page, now)
        older = await _walk(calls, channel, seen, purse)
        head = [one for row in newest.rows for one in await _comments(calls, row, seen, purse)]
        rest = [one for row in older for one in await _comments(calls, row, seen, purse)]
        fresh = [one for one in head + rest if _is_fresh(one, seen, now)]
        seen.head = known(key_of(one) for one in head if _changed(one) >= now - RECENT)
        if newest.rows:
            seen.mark = max(_written(newest.rows[0]), seen.mark or _written(newest.rows[0]))
        await _titles(calls, fresh, seen, purse)
    except Malformed as error:
        raise Unavailable(f"YouTube's comments are not in the form they should be: {error}") from None
    return Look([_event(one, seen) for one in fresh], seen.write(), LOOK - purse.left)


async def _threads(calls: Calls, channel: str, page: str, purse: Purse) -> _Threads:
    purse.pay(LIST)
    more = {"pageToken": page} if page else {}
    said = await calls.read(
        "commentThreads",
        part="snippet,replies",
        allThreadsRelatedToChannelId=channel,
        order="time",
        textFormat="plainText",
        maxResults=FULL,
        **more,
    )
    rows = [row for row in items(said, "items") if _is_whole(get(row, "snippet", "topLevelComment"))]
    return _Threads(rows, _next(said))


async def _walk(calls: Calls, channel: str, seen: Seen, purse: Purse) -> list[Any]:
    """Threads that come after the newest page, as far as this look goes."""
    rows: list[Any] = []
    for _ in range(WALK_PAGES):
        if not seen.page:
            break
        try:
            page = await _threads(calls, channel, seen.page, purse)
        except Said as error:
            if not error.reasons & BAD_PAGE:
                raise
            seen.start_over()
            break
        rows += page.rows
        seen.was_read(page.oldest, page.next_page)
    return rows


async def _comments(calls: Calls, thread: Any, seen: Seen, purse: Purse) -> list[dict[str, Any]]:
    """The first comment of a thread and those replies that are at hand, or were fetched as their number changed."""
    first = mapping(thread, "snippet", "topLevelComment")
    replies = items(thread, "replies", "comments")
    count = get(thread, "snippet", "totalReplyCount")
    number = short(text(thread, "id"))
    if isinstance(count, int) and count != seen.counts.get(number, 0):
        fetched = replies if len(replies) >= count else await _replies(calls, text(thread, "id"), purse)
        if fetched is not None:
            replies = fetched
            seen.counts.pop(number, None)
            seen.counts[number] = count
    video = get(thread, "snippet", "videoId")
    about = {"id": video} if isinstance(video, str) else {}
    return [{**one, VIDEO: about} for one in (first, *replies) if _is_whole(one)]


async def _replies(calls: Calls, thread: str, purse: Purse) -> list[Any] | None:
    """All replies of a thread; None where this look cannot pay for them: the next one will."""
    rows: list[Any] = []
    page = ""
    for _ in range(REPLY_PAGES):
        if not purse.has(2 * LIST):  # one is kept for the titles
            return rows or None
        purse.pay(LIST)
        more = {"pageToken": page} if page else {}
        try:
            said = await calls.read(
                "comments", part="snippet", parentId=thread, textFormat="plainText", maxResults=FULL, **more
            )
        except Said as error:
            if error.gone:
                return rows
            raise
        rows += items(said, "items")
        page = _next(said)
        if not page:
            break
    return rows


async def _titles(calls: Calls, comments: Iterable[Any], seen: Seen, purse: Purse) -> None:
    """The titles of the videos that the comments stand under, each asked for once."""
    wanted = list(dict.fromkeys(get(one, VIDEO, "id") for one in comments if get(one, VIDEO, "id") not in seen.titles))
    wanted = [video for video in wanted if isinstance(video, str)][:VIDEOS]
    if not wanted or not purse.has(LIST):
        return
    purse.pay(LIST)
    said = await calls.read("videos", part="snippet", id=",".join(wanted), maxResults=str(VIDEOS))
    told = {text(row, "id"): text(row, "snippet", "title", empty=True) for row in items(said, "items")}
    seen.titles |= {video: told.get(video, "") for video in wanted}


def key_of(comment: Any) -> str:
    """The same as long as the comment is the same."""
    return f"{text(comment, 'id')} {text(comment, 'snippet', 'updatedAt')}"


def _is_whole(comment: Any) -> bool:
    """Whether it has what a poll goes by: one odd comment must not keep the others away."""
    try:
        return bool(key_of(comment) and time(comment, "snippet", "publishedAt") and _changed(comment))
    except Malformed:
        return False


def _is_fresh(comment: Any, seen: Seen, now: datetime) -> bool:
    """Not on the newest page the last time, and young enough that it may be answered."""
    return _changed(comment) >= now - RECENT and short(key_of(comment)) not in seen.head


def _changed(comment: Any) -> datetime:
    return time(comment, "snippet", "updatedAt")


def _written(thread: Any) -> datetime:
    return time(thread, "snippet", "topLevelComment", "snippet", "publishedAt")


def _event(comment: dict[str, Any], seen: Seen) -> RawEvent:
    video = comment[VIDEO]
    told = {**comment, VIDEO: {**video, "title": seen.titles.get(video.get("id", ""), "")}}
    return RawEvent(key_of(comment), json.dumps(told).encode())


def _next(said: Any) -> str:
    page = get(said, "nextPageToken")
    return page if isinstance(page, str) else ""
