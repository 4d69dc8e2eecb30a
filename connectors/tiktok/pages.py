"""TikTok's lists, page by page: videos, their comments, the replies of a thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from connectors.fields import epoch, get, items, number, yes
from connectors.tiktok import calls
from engage.errors import Malformed, Refused

VIDEOS = 20  # a page, the most TikTok gives
ROWS = 30  # comments of a page, the most it gives
NEWEST_FIRST = {"sort_field": "create_time", "sort_order": "desc", "max_count": str(ROWS)}


@dataclass(frozen=True, slots=True)
class Rows:
    """A page. `next`: TikTok's cursor for what is behind it, 0: nothing; a short page may have more behind it.

    withheld: whether TikTok gave fewer rows than it has, as its safety rules do.
    """

    rows: list[Any]
    next: int = 0
    withheld: bool = False

    def reaches(self, since: datetime) -> bool:
        """Whether all behind it is older. (The last row decides, as one that is pinned may stand first.)"""
        return not self.next or bool(self.rows and written_at(self.rows[-1]) < since)


def written_at(comment: Any) -> datetime:
    """When a comment was written. Raises Malformed."""
    return epoch(comment, "create_time")


def flag(comment: Any, name: str) -> bool:
    """A yes or no that must be there: whose a comment is, is never guessed. Raises Malformed."""
    value = get(comment, name)
    if not isinstance(value, bool):
        raise Malformed(f"{name}: it must be true or false")
    return value


class Pages:
    """The lists of one account. `taken` counts the calls; a video or thread that is refused is an empty page."""

    def __init__(self, http: httpx.AsyncClient, business_id: str) -> None:
        self._http = http
        self._business_id = business_id
        self.taken = 0
        self.read = 0  # pages of comments that were given
        self.refusal: Refused | None = None

    async def videos(self, page: int) -> Rows:
        """Videos with their captions, the newest first; `page` 0 begins. Raises what a read raises."""
        asked = {"fields": calls.listed("item_id", "caption"), "max_count": str(VIDEOS)}
        # This cursor is a time, and where it is left out the newest come.
        return await self._rows(
            "/business/video/list/", "videos", {**asked, **({"cursor": str(page)} if page else {})}, page
        )

    async def comments(self, video_id: str, at: int) -> Rows:
        """The public comments of a video, each with up to three replies. Raises Retryable or Unauthorized."""
        asked = {"video_id": video_id, "include_replies": "true", "status": "PUBLIC"}
        return await self._or_none("/business/comment/list/", {**asked, **NEWEST_FIRST, "cursor": str(at)}, at)

    async def replies(self, video_id: str, comment_id: str, at: int) -> Rows:
        """The public replies of a thread. Raises Retryable or Unauthorized."""
        asked = {"video_id": video_id, "comment_id": comment_id, "status": "PUBLIC"}
        return await self._or_none("/business/comment/reply/list/", {**asked, **NEWEST_FIRST, "cursor": str(at)}, at)

    async def own_replies(self, video_id: str, comment_id: str, at: int) -> Rows:
        """Also those that are hidden, as TikTok hides what looks like spam. Raises what a read raises."""
        asked = {"video_id": video_id, "comment_id": comment_id, "status": "ALL", **NEWEST_FIRST, "cursor": str(at)}
        found = await self._rows("/business/comment/reply/list/", "comments", asked, at)
        return Rows([row for row in found.rows if flag(row, "owner")], found.next, found.withheld)

    async def _or_none(self, path: str, asked: Mapping[str, str], at: int) -> Rows:
        """One video that was deleted, or whose comments are closed, must not hide the others."""
        try:
            found = await self._rows(path, "comments", asked, at)
        except Refused as error:
            self.refusal = error
            return Rows([])
        self.read += 1
        return found

    async def _rows(self, path: str, name: str, asked: Mapping[str, str], at: int) -> Rows:
        self.taken += 1
        data = await calls.get(self._http, path, {"business_id": self._business_id, **asked})
        after = int(number(data, "cursor")) if yes(data, "has_more") else 0
        rows, most = items(data, name), int(asked["max_count"])
        after = after if after != at else 0  # a cursor that stands still leads nowhere
        return Rows(rows, after, withheld=bool(after) and len(rows) < most)
