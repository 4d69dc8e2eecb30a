"""Douyin's lists, page by page: videos, their comments, the replies of a thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from connectors.douyin import calls
from connectors.fields import epoch, items, number, yes

ROWS = 20  # of a page, the most that every list gives


@dataclass(frozen=True, slots=True)
class Rows:
    """A page. `next`: Douyin's cursor for what is behind it, 0: nothing."""

    rows: list[Any]
    next: int = 0

    def reaches(self, since: datetime) -> bool:
        """Whether all behind it is older. (The last row decides, as one that is pinned may stand first.)"""
        return not self.next or bool(self.rows and epoch(self.rows[-1], "create_time") < since)


class Pages:
    """The lists of one account, newest first. Each raises what a read raises, and Malformed."""

    def __init__(self, http: httpx.AsyncClient, open_id: str) -> None:
        self._http = http
        self._open_id = open_id

    async def videos(self) -> list[Any]:
        """The newest."""
        return (await self._rows("/api/douyin/v1/video/video_list/", {}, 0)).rows

    async def comments(self, item_id: str, at: int) -> Rows:
        """The comments of a video, each with the number of its replies."""
        return await self._rows("/item/comment/list/", {"item_id": item_id, "sort_type": "time"}, at)

    async def replies(self, item_id: str, comment_id: str, at: int) -> Rows:
        """The replies of a thread."""
        asked = {"item_id": item_id, "comment_id": comment_id, "sort_type": "time"}
        return await self._rows("/item/comment/reply/list/", asked, at)

    async def _rows(self, path: str, asked: Mapping[str, str], at: int) -> Rows:
        place = {"open_id": self._open_id, "cursor": str(at), "count": str(ROWS)}
        said = await calls.get(self._http, path, {**place, **asked})
        after = int(number(said, "cursor")) if yes(said, "has_more") else 0
        return Rows(items(said, "list"), after if after != at else 0)  # a cursor that stands still leads nowhere
