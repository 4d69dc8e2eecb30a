"""Comments and messages of a Page by asking, where webhooks cannot reach us.

The newest posts are listed with their counts; where a count changed, the comments since the last look are read. What is
found has the words and the keys of a webhook, so nothing is taken twice.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import get, id_of, id_or_none, text_or_none, time
from connectors.meta import quiet_until
from connectors.meta_graph import Graph, decoded, listed
from connectors.meta_inbox import CLOCKS, Inbox, Mark, event
from connectors.meta_messages import name_of
from connectors.meta_webhooks import CHANGES
from engage.errors import Malformed, Refused
from engage.platform import Page, RawEvent

POSTS = 25  # the newest ones are watched
PAGES = 10  # of 50 comments, where a post's count changed
WAIT = timedelta(seconds=60)
_POST = "id,message,comments.filter(stream).limit(0).summary(true)"
_COMMENT = "id,message,created_time,from,parent{id}"
Seen = tuple[datetime, RawEvent]


async def poll(graph: Graph, inbox: Inbox, own: str, cursor: str, now: datetime) -> Page:
    """What is new since `cursor`. Raises what a read does."""
    mark = Mark.of(cursor, now)
    answer = await graph.read(f"/{own}/posts", {"fields": _POST, "limit": str(POSTS)})
    posts = {str(get(post, "id")): post for post in listed(decoded(answer))}
    counts = {post_id: get(post, "comments", "summary", "total_count") for post_id, post in posts.items()}
    found = await inbox.since(mark.since - CLOCKS)
    cut: list[datetime] = []
    for post_id, post in posts.items():
        if mark.changed(post_id, counts[post_id]):
            seen, whole = await _comments(graph, own, post, mark.since - CLOCKS)
            found += seen
            if seen and not whole:
                cut.append(seen[-1][0])
                counts[post_id] = None  # so that it is read again
    until = quiet_until(answer.headers, now)
    return mark.page(found, counts, max(WAIT, until - now) if until else WAIT, min(cut, default=None))


async def _comments(graph: Graph, own: str, post: Any, since: datetime) -> tuple[list[Seen], bool]:
    """The comments since then, oldest first, and whether these are all. Raises what a read does."""
    asked = {"fields": _COMMENT, "filter": "stream", "order": "chronological", "limit": "50"}
    asked["since"] = str(int(since.timestamp()))
    try:
        rows, whole = await graph.every(f"/{id_of(post, 'id')}/comments", asked, PAGES)
        return list(_told(rows, post, own)), whole
    except (Refused, Malformed):
        return [], True  # the post was deleted meanwhile


def _told(rows: Sequence[Any], post: Any, own: str) -> Iterator[Seen]:
    post_id, words = id_of(post, "id"), text_or_none(post, "message")
    for row in rows:
        try:
            at, comment = time(row, "created_time"), id_of(row, "id")
            value = {
                "item": "comment",
                "verb": "add",
                "comment_id": comment,
                "post_id": post_id,
                "parent_id": id_or_none(row, "parent", "id") or post_id,
                "from": {"id": id_of(row, "from", "id"), "name": name_of(row, "from")},
                "message": text_or_none(row, "message") or "",
                "created_time": int(at.timestamp()),
                "post": {"message": words},
            }
        except Malformed:
            continue  # without its author or time it cannot be answered
        yield at, event("messenger", own, at, CHANGES, {"field": "feed", "value": value}, f"comment {comment}")
