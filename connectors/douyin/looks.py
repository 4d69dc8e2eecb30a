"""A look at the comments of the newest videos, where Douyin cannot call us.

Douyin has no list of new comments. Of each video whose number of comments changed, the newest are read until what the
last look saw, and the replies of those threads that grew; then what earlier looks had to leave. What is read twice has
the same key and is kept once.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from connectors.douyin.names import POLLED_COMMENT
from connectors.douyin.pages import Pages, Rows
from connectors.douyin.state import State
from connectors.fields import epoch, get, id_of, text_or_none
from engage.errors import Refused
from engage.platform import RawEvent

CALLS = 40  # of one look, at most
MOST_PAGES = 5  # of one video, before the others have had their turn
THREAD_PAGES = 10  # of one thread: what one crowd writes must not hide all others
OLD_PAGES = 2  # are read in any case, as old threads have new replies
OVERLAP = timedelta(minutes=10)  # a comment is shown when it has been checked, and clocks differ
BEFORE = timedelta(hours=1)  # how far the first look at a video goes back


class Look:
    """One look; `run` it once, then `found` has the events, oldest first."""

    def __init__(self, pages: Pages, open_id: str, state: State, now: datetime) -> None:
        self._pages = pages
        self._open_id = open_id
        self._state = state
        self._now = now
        self._left = CALLS
        self._found: dict[str, tuple[datetime, RawEvent]] = {}

    @property
    def found(self) -> list[RawEvent]:
        """What the look brought."""
        return [event for _, event in sorted(self._found.values(), key=lambda one: one[0])]

    async def run(self) -> None:
        """Raises what a read raises; Refused where no video may be read."""
        videos = {id_of(video, "item_id"): video for video in await self._pages.videos()}
        refusals = [await self._video(item_id, video) for item_id, video in videos.items()]
        for gone in {*self._state.seen, *self._state.counts, *self._state.left} - videos.keys():
            self._state.forget(gone)
        for item_id in list(self._state.left):
            await self._rest(item_id, videos[item_id])
        if refusals and all(refusals):
            raise next(refusal for refusal in refusals if refusal)

    async def _video(self, item_id: str, video: Any) -> Refused | None:
        """One that was deleted, or whose comments are closed, must not hide the others."""
        count = get(video, "statistics", "comment_count")
        if isinstance(count, int) and self._state.counts.get(item_id) == count:
            return None
        try:
            whole = await self._comments(item_id, video)
        except Refused as refusal:
            return refusal
        if whole:
            self._state.seen[item_id] = int(self._now.timestamp())
            if isinstance(count, int):
                self._state.counts[item_id] = count
        return None

    async def _comments(self, item_id: str, video: Any) -> bool:
        """False where a look has no calls left: the next one begins anew, and passes over threads that were read."""
        since, at, whole = self._since(item_id), 0, True
        for number in range(1, MOST_PAGES + 1):
            if self._left <= 0:
                return False
            self._left -= 1
            page = await self._pages.comments(item_id, at)
            whole = await self._page(video, page, since) and whole
            if not page.next or (number >= OLD_PAGES and page.reaches(since)):
                return whole
            at = page.next
        self._state.leave(item_id, at, since)
        return whole

    async def _rest(self, item_id: str, video: Any) -> None:
        """What was left of a video's comments, with the calls that are left."""
        try:
            at = await self._read_on(video, self._state.left[item_id], self._state.left_since(item_id))
        except Refused:
            at = 0  # it was deleted meanwhile, or its comments were closed
        self._state.read_until(item_id, at)

    async def _read_on(self, video: Any, at: int, since: datetime) -> int:
        """Returns Douyin's cursor of what is left behind; 0: nothing."""
        while self._left > 0:
            self._left -= 1
            page = await self._pages.comments(id_of(video, "item_id"), at)
            if not await self._page(video, page, since):
                return at
            if page.reaches(since):
                return 0
            at = page.next
        return at

    def _since(self, item_id: str) -> datetime:
        seen = self._state.seen.get(item_id)
        return datetime.fromtimestamp(seen, self._now.tzinfo) - OVERLAP if seen else self._now - BEFORE

    async def _page(self, video: Any, page: Rows, since: datetime) -> bool:
        """False where threads are left to be read."""
        whole = True
        for comment in page.rows:
            self._note(video, id_of(comment, "comment_id"), comment, since)
            whole = await self._thread(video, comment, since) and whole
        return whole

    async def _thread(self, video: Any, comment: Any, since: datetime) -> bool:
        """False where it is left to be read."""
        root, count = id_of(comment, "comment_id"), get(comment, "reply_comment_total")
        count = count if isinstance(count, int) else 0
        if count == self._state.threads.get(root, 0):
            return True
        if epoch(comment, "create_time") < since and id_of(video, "item_id") not in self._state.seen:
            self._state.know(root, count)  # at the first look at a video its old threads are only counted
            return True
        try:
            whole = await self._replies(video, root, since)
        except Refused:
            whole = True  # it was deleted meanwhile: it must not hide the others
        if whole:
            self._state.know(root, count)
        return whole

    async def _replies(self, video: Any, root: str, since: datetime) -> bool:
        at = 0
        for _ in range(THREAD_PAGES):
            if self._left <= 0:
                return False
            self._left -= 1
            page = await self._pages.replies(id_of(video, "item_id"), root, at)
            for reply in page.rows:
                self._note(video, root, reply, since)
            if page.reaches(since):
                break
            at = page.next
        return True

    def _note(self, video: Any, root: str, comment: Any, since: datetime) -> None:
        at, comment_id = epoch(comment, "create_time"), id_of(comment, "comment_id")
        if at < since:
            return
        place = {"item": {"id": id_of(video, "item_id"), "title": text_or_none(video, "title")}, "root": root}
        said = {"event": POLLED_COMMENT, "to_user_id": self._open_id, **place, "content": comment}
        self._found[comment_id] = (at, RawEvent(f"comment {comment_id}", json.dumps(said).encode()))
