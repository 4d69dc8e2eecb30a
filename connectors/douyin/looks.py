"""A look at the comments of the newest videos, where Douyin cannot call us.

Douyin has no list of new comments. Of each video whose number of comments changed, the newest are read until what the
last look saw, and the replies of those threads that grew. What is read twice has the same key and is kept once.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.douyin.names import POLLED_COMMENT
from connectors.douyin.pages import Pages, Rows
from connectors.fields import epoch, get, id_of, text_or_none
from engage.errors import Refused
from engage.platform import RawEvent

CALLS = 40  # of one look, at most
MOST_PAGES = 5  # of one video
OLD_PAGES = 2  # are read in any case, as old threads have new replies
OVERLAP = timedelta(minutes=10)  # a comment is shown when it has been checked, and clocks differ
BEFORE = timedelta(hours=1)  # how far the first look at a video goes back
MOST_THREADS = 500


@dataclass(slots=True)
class State:
    """The poll's cursor. seen: when a video was read whole, in seconds. counts: its comments. threads: replies."""

    seen: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> "State":
        """A fresh one where it is empty, or none of ours."""
        try:
            kept = json.loads(cursor or "{}")
            names = ("seen", "counts", "threads")
            return cls(*({str(key): int(count) for key, count in kept.get(name, {}).items()} for name in names))
        except (ValueError, TypeError, AttributeError):
            return cls()

    @property
    def written(self) -> str:
        """The cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))


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
        for counted in (self._state.seen, self._state.counts):
            for gone in counted.keys() - videos.keys():
                del counted[gone]
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
        """False where the calls of a look do not suffice: the next one begins anew."""
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
        return False

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
        root, count = id_of(comment, "comment_id"), get(comment, "reply_comment_total")
        count = count if isinstance(count, int) else 0
        if count == self._state.threads.get(root, 0):
            return True
        if epoch(comment, "create_time") < since and id_of(video, "item_id") not in self._state.seen:
            self._know(root, count)  # at the first look at a video its old threads are only counted
            return True
        at = 0
        while self._left > 0:
            self._left -= 1
            page = await self._pages.replies(id_of(video, "item_id"), root, at)
            for reply in page.rows:
                self._note(video, root, reply, since)
            if page.reaches(since):
                self._know(root, count)
                return True
            at = page.next
        return False

    def _know(self, root: str, count: int) -> None:
        """The threads that were not read for the longest time are forgotten."""
        threads = self._state.threads
        threads.pop(root, None)
        threads[root] = count
        while len(threads) > MOST_THREADS:
            del threads[next(iter(threads))]

    def _note(self, video: Any, root: str, comment: Any, since: datetime) -> None:
        at, comment_id = epoch(comment, "create_time"), id_of(comment, "comment_id")
        if at < since:
            return
        place = {"item": {"id": id_of(video, "item_id"), "title": text_or_none(video, "title")}, "root": root}
        said = {"event": POLLED_COMMENT, "to_user_id": self._open_id, **place, "content": comment}
        self._found[comment_id] = (at, RawEvent(f"comment {comment_id}", json.dumps(said).encode()))
