"""Comments and messages by asking, where webhooks cannot reach us.

The newest posts are listed with their counts; where a count changed, the comments are read. What is found has the words
and the keys of a webhook, so nothing is taken twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import get, id_of, id_or_none, items, text, text_or_none, time
from connectors.instagram.parse import PRODUCT
from connectors.meta import quiet_until
from connectors.meta_deauthorization import GRANTED_BY
from connectors.meta_graph import Graph, decoded, listed
from connectors.meta_inbox import CLOCKS, Inbox, Mark, event
from connectors.meta_webhooks import CHANGES
from engage.errors import Malformed, Refused
from engage.platform import AccountLink, Page, RawEvent

POSTS = 25  # the newest ones are watched
PAGES = 10  # of 50 comments, where a post's count changed
WAIT = timedelta(seconds=60)
_REPLY = "id,text,timestamp,username,from,parent_id"
_COMMENT = f"{_REPLY},replies.limit(50){{{_REPLY}}}"
Seen = tuple[datetime, RawEvent]


async def poll(graph: Graph, inbox: Inbox, account: AccountLink, cursor: str, now: datetime) -> Page:
    """What is new since `cursor`. Raises what a read does."""
    mark = Mark.of(cursor, now)
    path = f"/{account.platform_user_id}/media"
    answer = await graph.read(path, {"fields": "id,caption,comments_count", "limit": str(POSTS)})
    posts = {str(get(post, "id")): post for post in listed(decoded(answer))}
    counts = {post_id: get(post, "comments_count") for post_id, post in posts.items()}
    found = await inbox.since(mark.since - CLOCKS)
    for post_id, post in posts.items():
        if mark.changed(post_id, counts[post_id]):
            found += await _comments(graph, account, post)
    until = quiet_until(answer.headers, now)
    return mark.page(found, counts, max(WAIT, until - now) if until else WAIT)


async def _comments(graph: Graph, account: AccountLink, post: Any) -> list[Seen]:
    media = {"id": get(post, "id"), "caption": get(post, "caption") if "caption" in post else None}
    try:
        rows, _ = await graph.every(f"/{id_of(post, 'id')}/comments", {"fields": _COMMENT, "limit": "50"}, PAGES)
    except (Refused, Malformed):
        return []  # the post was deleted meanwhile
    return list(_told(rows, media, account))


def _told(rows: Sequence[Any], media: Mapping[str, Any], account: AccountLink, parent: str = "") -> Iterator[Seen]:
    for row in rows:
        try:
            at, comment = time(row, "timestamp"), id_of(row, "id")
            value = {
                "id": comment,
                "from": author(row, account),
                "text": text_or_none(row, "text") or "",
                "timestamp": at.isoformat(),
                "parent_id": parent or id_or_none(row, "parent_id"),
                "media": media,
            }
            replies = items(row, "replies", "data") if get(row, "replies", "data") else []
        except Malformed:
            continue  # without its author or time it cannot be answered
        change = {"field": "comments", "value": value}
        yield at, event(PRODUCT, account.platform_user_id, at, CHANGES, change, f"comments {comment}")
        yield from _told(replies, media, account, comment)


def author(row: Any, account: AccountLink) -> dict[str, str]:
    """Who wrote a comment. Raises Malformed where Instagram tells nothing of it."""
    name = text_or_none(row, "from", "username") or text_or_none(row, "username") or ""
    known = id_or_none(row, "from", "id")
    if (known and known == account.config.get(GRANTED_BY)) or (known is None and name and name == account.handle):
        known = account.platform_user_id
    if known is None:  # only of comments on the account's own posts the id is told
        known = f"@{text(row, 'username')}"
    return {"id": known, "username": name}
