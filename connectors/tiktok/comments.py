"""A look at the comments: TikTok has no list of new ones, so each look reads pages of videos.

The newest videos are read from the top until what the last look saw. A slow round over all the others finds replies
under old comments, and comments that were published late. What is read twice has the same key and is kept once.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import id_of, id_or_none, items, number, text_or_none
from connectors.tiktok import limits
from connectors.tiktok.names import POLLED_COMMENT, event_key
from connectors.tiktok.pages import Pages, Rows, written_at
from connectors.tiktok.state import State, Sweep
from engage.platform import RawEvent

FRESH = 5  # so many of the newest videos are read in every look
SWEPT = 5  # so many pages of the slow round
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
        since = self._now - BEFORE
        if self._state.seen:
            since = datetime.fromtimestamp(self._state.seen, self._now.tzinfo) - OVERLAP
        newest = await self._pages.videos(0)
        whole = [await self._from_the_top(video, since) for video in newest.rows[:FRESH]]
        await self._sweep(newest)
        if self._pages.refusal and not self._pages.read:
            raise self._pages.refusal
        if all(whole):
            self._state.seen = int(self._now.timestamp())

    async def _from_the_top(self, video: Any, since: datetime) -> bool:
        """A video's comments, newest first. False where the calls of a look do not suffice: the next begins anew."""
        at = 0
        while at == 0 or self._comment_pages > 2 * SWEPT:
            page = await self._read(video, at, since)
            if page.reaches(since):
                return True
            at = page.next
        return False

    async def _sweep(self, newest: Rows) -> None:
        """Some pages of the slow round over all comments of all videos."""
        sweep = self._state.sweep
        videos = await self._pages.videos(sweep.page) if sweep.page else newest
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
        if count <= shown or self._state.threads.get(root) == count:
            return
        at = 0
        while self._reply_pages > 0:
            self._reply_pages -= 1
            page = await self._pages.replies(id_of(video, "item_id"), root, at)
            for reply in page.rows:
                self._note(video, root, reply, since)
            if page.reaches(since):
                self._state.note_thread(root, count)
                return
            at = page.next

    def _note(self, video: Any, root: str, comment: Any, since: datetime) -> None:
        if written_at(comment) < since:
            return
        content = {"comment": comment, "root": root, "caption": text_or_none(video, "caption")}
        said = {"event": POLLED_COMMENT, "user_openid": self._business_id, "content": content}
        key = event_key(comment)
        self._found[key] = (written_at(comment), RawEvent(key, json.dumps(said).encode()))
