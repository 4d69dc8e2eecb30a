"""One poll of a channel's comments: the newest threads, some older ones, and the replies where their number changed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.fields import MISSING, get, items, mapping, text, time
from connectors.youtube.calls import Calls, patiently
from connectors.youtube.chat import VIDEO
from connectors.youtube.cursors import RECENT, Seen, known, short
from connectors.youtube.limits import LIST, LOOK, Purse
from connectors.youtube.refusals import Said
from engage.errors import Malformed, Retryable, Unavailable
from engage.platform import RawEvent

WALK_PAGES = 2  # further pages of threads in one look
REPLY_PAGES = 5  # of one thread's replies
VIDEOS = 50  # that one call tells the titles of
FULL = "100"
ENOUGH = 2 * LIST  # for one more page: the last unit is kept for the titles


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
    """Raises RateLimited, Unavailable, Unauthorized or Said; then nothing was heard, and the cursor still holds."""
    seen, purse = Seen.read(cursor), Purse(LOOK)
    try:
        newest = await patiently(_threads, calls, channel, "", purse)
        seen.read_on(newest.oldest, newest.next_page, now)
        rest = await _walk(calls, channel, seen, purse)
        head = await _comments(calls, newest.rows, seen, purse)
        fresh = {key_of(one): one for one in head + rest if _is_fresh(one, seen, now)}
        seen.head = known(key_of(one) for one in head if _changed(one) >= now - RECENT)
        if newest.rows:
            seen.mark = max(_written(newest.rows[0]), seen.mark or _written(newest.rows[0]))
        await _titles(calls, fresh.values(), seen, purse)
    except Malformed as error:
        raise Unavailable(f"YouTube's comments are not in the form they should be: {error}") from None
    return Look([_event(one, seen) for one in fresh.values()], seen.write(), LOOK - purse.left)


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


async def _walk(calls: Calls, channel: str, seen: Seen, purse: Purse) -> list[dict[str, Any]]:
    """The comments of pages that come after the newest one, as far as this look goes.

    They come first: what one look cannot pay for is read by the next, which begins with the same page.
    """
    told: list[dict[str, Any]] = []
    for _ in range(WALK_PAGES):
        if not seen.page or not purse.has(ENOUGH):
            break
        try:
            page = await _threads(calls, channel, seen.page, purse)
        except (Said, Unavailable):  # forgotten; YouTube has several names for that
            seen.start_over()
            break
        told += await _comments(calls, page.rows, seen, purse)
        if not purse.has(ENOUGH):
            break
        seen.was_read(page.oldest, page.next_page)
    return told


async def _comments(calls: Calls, threads: Iterable[Any], seen: Seen, purse: Purse) -> list[dict[str, Any]]:
    """What everybody may read of some threads: their first comments, and their replies."""
    told = []
    for thread in threads:
        video = get(thread, "snippet", "videoId")
        about = {"id": video} if isinstance(video, str) else {}
        first = mapping(thread, "snippet", "topLevelComment")
        comments = (first, *await _replies(calls, thread, seen, purse))
        told += [{**one, VIDEO: about} for one in comments if _is_whole(one) and _is_public(one)]
    return told


async def _replies(calls: Calls, thread: Any, seen: Seen, purse: Purse) -> list[Any]:
    """Those that stand beside the thread; all of them where these are only some and their number changed."""
    given, count = get(thread, "replies", "comments"), get(thread, "snippet", "totalReplyCount")
    beside = given if isinstance(given, list) else []
    first = text(thread, "snippet", "topLevelComment", "id")
    number = short(first)
    known_count = seen.counts.pop(number, 0)  # the counts of threads that are seen again are kept longest
    if not isinstance(count, int) or len(beside) >= count:
        return beside
    if count == known_count:
        seen.counts[number] = count
        return beside
    fetched, whole = await _all_replies(calls, first, purse)
    seen.counts[number] = count if whole else known_count
    return fetched if whole and fetched else [*beside, *fetched]


async def _all_replies(calls: Calls, first: str, purse: Purse) -> tuple[list[Any], bool]:
    """The replies to a first comment, and whether these are all that can be read. The rest comes another time."""
    rows: list[Any] = []
    page = ""
    for _ in range(REPLY_PAGES):
        if not purse.has(ENOUGH):
            return rows, False
        purse.pay(LIST)
        more = {"pageToken": page} if page else {}
        try:
            said = await calls.read(
                "comments", part="snippet", parentId=first, textFormat="plainText", maxResults=FULL, **more
            )
            rows += items(said, "items")
        except Said:  # gone, or closed to us: one thread must not keep the others away
            return rows, True
        except (Unavailable, Malformed):
            return rows, False
        page = _next(said)
        if not page:
            break
    return rows, True


async def _titles(calls: Calls, comments: Iterable[Any], seen: Seen, purse: Purse) -> None:
    """The titles of the videos that the comments stand under, each asked for once. It does without, if need be."""
    wanted = list(dict.fromkeys(get(one, VIDEO, "id") for one in comments if get(one, VIDEO, "id") not in seen.titles))
    wanted = [video for video in wanted if isinstance(video, str)][:VIDEOS]
    if not wanted or not purse.has(LIST):
        return
    purse.pay(LIST)
    try:
        said = await calls.read("videos", part="snippet", id=",".join(wanted), maxResults=str(VIDEOS))
        told = {text(row, "id"): text(row, "snippet", "title", empty=True) for row in items(said, "items")}
    except (Said, Retryable, Malformed):
        return
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


def _is_public(comment: Any) -> bool:
    """One that is held is not told: let through later it has the same key, and must be news then."""
    return get(comment, "snippet", "moderationStatus") in (MISSING, None, "published")


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
