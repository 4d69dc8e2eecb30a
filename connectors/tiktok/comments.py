"""A look at the comments: TikTok has no list of new ones, so each look reads pages of videos.

The newest videos are read from the top until what the last look saw. A slow round over all of them finds what the top
does not reach, replies under old comments, and comments that were published late. What is read twice has the same key
and is kept once.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import id_of, id_or_none, items, number, text_or_none
from connectors.tiktok import limits
from connectors.tiktok.names import POLLED_COMMENT, event_key
from connectors.tiktok.pages import Pages, Rows, written_at
from connectors.tiktok.state import UNREAD, State, Sweep
from engage.errors import Refused
from engage.platform import RawEvent

FRESH = 5  # so many of the newest videos are read in every look
SWEPT = 5  # so many pages of the slow round
IN_ORDER = 16  # pages of a video: behind its first 500 comments TikTok sorts by likes
THREAD_PAGES = 10  # of one thread in a look: what one crowd writes must not hide all others
OVERLAP = timedelta(minutes=10)  # TikTok shows a comment within five minutes, and clocks differ
BEFORE = timedelta(hours=1)  # how far the first look goes back
HORIZON = timedelta(days=3)  # how old a comment may be that the slow round finds


class CommentLook:
    """One look; `run` it once, then `found` has the events, oldest first."""

    def __init__(self, pages: Pages, business_id: str, state: State, now: datetime) -> None:
        self._pages = pages
        self._business_id = business_id
        self._state = state
        self._now = now
        self._comment_pages = limits.COMMENT_PAGES
        self._reply_pages = limits.REPLY_PAGES
        self._found: dict[str, tuple[datetime, RawEvent]] = {}

    @property
    def found(self) -> list[RawEvent]:
        """What the look brought."""
        return [event for _, event in sorted(self._found.values(), key=lambda one: one[0])]

    async def run(self) -> None:
        """Raises what a read raises; Refused where nothing of the account may be read."""
        seen = self._state.seen
        last = datetime.fromtimestamp(seen, self._now.tzinfo) if seen else self._now - BEFORE + OVERLAP
        newest = await self._pages.videos(0)
        left = [await self._from_the_top(video, last) for video in newest.rows[:FRESH]]
        for place, at in enumerate(left):
            if at:  # the slow round goes on there, and from there through the videos behind
                self._state.sweep = Sweep(video=place, at=at)
                break
        await self._sweep(newest)
        if self._pages.refusal and not self._pages.read:
            raise self._pages.refusal
        self._state.seen = int(self._now.timestamp())

    async def _from_the_top(self, video: Any, last: datetime) -> int:
        """A video's comments, newest first. Returns TikTok's cursor where some since the last look are left; else 0."""
        at = 0
        for _ in range(IN_ORDER):
            page = await self._read(video, at, last - OVERLAP)
            if page.reaches(last - OVERLAP):
                return 0
            at = page.next
            if self._comment_pages <= 2 * SWEPT:
                break
        return 0 if page.reaches(last) else at

    async def _sweep(self, newest: Rows) -> None:
        """Some pages of the slow round over all comments of all videos."""
        try:
            videos = await self._pages.videos(self._state.sweep.page) if self._state.sweep.page else newest
        except Refused:  # a place that TikTok knows no more: the round begins anew
            self._state.sweep = Sweep()
            return
        sweep = self._state.sweep
        for _ in range(min(SWEPT, self._comment_pages)):
            if sweep.video >= len(videos.rows):
                break
            page = await self._read(videos.rows[sweep.video], sweep.at, self._now - HORIZON)
            sweep.at = page.next
            sweep.video += not page.next
        if sweep.video >= len(videos.rows):
            self._state.sweep = Sweep(page=videos.next)

    async def _read(self, video: Any, at: int, since: datetime) -> Rows:
        """A page of comments, with the replies that are new in their threads."""
        self._comment_pages -= 1
        page = await self._pages.comments(id_of(video, "item_id"), at)
        for comment in page.rows:
            preview = items(comment, "reply_list")
            root = id_or_none(comment, "parent_comment_id") or id_of(comment, "comment_id")
            for one in (comment, *preview):
                self._note(video, root, one, since)
            await self._thread(video, comment, len(preview), since)
        return page

    async def _thread(self, video: Any, comment: Any, shown: int, since: datetime) -> None:
        """The replies beyond the three that are shown, where their number is another than when they were read."""
        root = id_of(comment, "comment_id")
        count = int(number(comment, "replies")) if "replies" in comment else 0
        known, since = self._state.thread(root, since)
        if count <= shown or count == known:
            return
        at = 0
        for _ in range(THREAD_PAGES):
            if self._reply_pages <= 0:
                self._state.note_thread(root, UNREAD, since)
                return
            self._reply_pages -= 1
            page = await self._pages.replies(id_of(video, "item_id"), root, at)
            for reply in page.rows:
                self._note(video, root, reply, since)
            if page.reaches(since):
                break
            at = page.next
        self._state.note_thread(root, count, self._now - OVERLAP)

    def _note(self, video: Any, root: str, comment: Any, since: datetime) -> None:
        if written_at(comment) < since:
            return
        content = {"comment": comment, "root": root, "caption": text_or_none(video, "caption")}
        said = {"event": POLLED_COMMENT, "user_openid": self._business_id, "content": content}
        key = event_key(comment)
        self._found[key] = (written_at(comment), RawEvent(key, json.dumps(said).encode()))
