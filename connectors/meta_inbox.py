"""Direct messages of Instagram and Messenger by asking: whether one was sent, and what is new.

Only the newest 20 messages of a conversation can be read
(https://developers.facebook.com/docs/messenger-platform/instagram/features/conversation).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import id_of, items, text, text_or_none, time
from connectors.meta_graph import Graph, listed
from connectors.meta_messages import DIRECT, name_of
from connectors.meta_webhooks import MESSAGING
from engage.errors import Malformed, Permanent, RateLimited, Refused, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, Page, RawEvent, ReadBack

READABLE = 20
CLOCKS = timedelta(minutes=2)  # how far Meta's clock and ours may be apart
CONVERSATIONS, PAGES = 25, 10  # of one page, and pages at most: two calls a second are allowed
AT_FIRST = timedelta(days=1)  # how far a first look goes back
OBJECTS = {"instagram": "instagram", "messenger": "page"}  # what a webhook of each product is about
_MESSAGES = f"messages.limit({READABLE}){{id,created_time,from,to,message}}"
UNREADABLE = ReadBack(Found.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The conversations of one account.

    product: as Meta calls it here, `instagram` or `messenger`. scoped: the account's id for our app, where it has one.
    """

    graph: Graph
    product: str
    own: str
    handle: str = ""
    scoped: str = ""

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for a message among the newest that went to its follower."""
        asked = {"platform": self.product, "user_id": reply.follower_id, "fields": _MESSAGES}
        try:
            talks = listed(await self.graph.get(f"/{self.own}/conversations", asked))
            if not talks and reply.conversation_id.startswith(DIRECT):
                return UNREADABLE  # the follower wrote there: the conversation exists
            rows = [row for talk in talks for row in items(talk, "messages", "data")]
            return self._among(rows, reply)
        except (RateLimited, Unavailable, Refused, Malformed):
            return UNREADABLE

    def _among(self, rows: Sequence[Any], reply: Outgoing) -> ReadBack:
        if found := found_in(((row, "message", "created_time") for row in rows if self._is_own(row)), reply):
            return found
        since = earliest(reply)
        cut = len(rows) >= READABLE and since is not None and all(time(row, "created_time") > since for row in rows)
        return UNREADABLE if cut else ReadBack(Found.ABSENT)

    def _is_own(self, row: Any) -> bool:
        username = text_or_none(row, "from", "username")
        return id_of(row, "from", "id") in (self.own, self.scoped) or bool(username and username == self.handle)

    async def since(self, moment: datetime) -> list[tuple[datetime, RawEvent]]:
        """The messages from `moment` on, as webhooks would tell them; none where they may not be read.

        Raises Retryable. Of an access that is gone the account's posts tell, which are read before.
        """
        asked = {"platform": self.product, "fields": f"updated_time,{_MESSAGES}", "limit": str(CONVERSATIONS)}
        # The one with the newest message stands first.
        try:
            talks, _ = await self.graph.every(
                f"/{self.own}/conversations", asked, PAGES, lambda talk: _is_older(talk, moment)
            )
        except Permanent:
            return []  # no permission, or the creator lets no app read messages: comments are heard all the same
        rows = [row for talk in talks for row in items(talk, "messages", "data")]
        return [(at, event) for at, event in self._told(rows) if at >= moment]

    def _told(self, rows: Sequence[Any]) -> Iterator[tuple[datetime, RawEvent]]:
        for row in rows:
            try:
                at, mid, own = time(row, "created_time"), text(row, "id"), self._is_own(row)
                sender = {"id": id_of(row, "from", "id"), "name": name_of(row, "from")}
                other = id_of((*items(row, "to", "data"), None)[0], "id") if own else None
                recipient = {"id": other if own else self.own}
                told = {"mid": mid, "text": text_or_none(row, "message") or "", "is_echo": own}
            except Malformed:
                continue  # a message without its time or sender cannot be answered
            stamp = int(at.timestamp() * 1000)
            item = {"sender": sender, "recipient": recipient, "timestamp": stamp, "message": told}
            yield at, event(self.product, self.own, at, MESSAGING, item, f"{MESSAGING} {mid}")


def _is_older(talk: Any, moment: datetime) -> bool:
    try:
        return time(talk, "updated_time") < moment
    except Malformed:
        return False


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where polls have read: the time of the newest thing, and how many comments each post had."""

    since: datetime
    counts: Mapping[str, Any]

    @classmethod
    def of(cls, cursor: str, now: datetime) -> "Mark":
        """That of a cursor; a day back at the first look, or where it is of another version."""
        try:
            kept = json.loads(cursor)
            return cls(datetime.fromisoformat(kept["since"]), dict(kept["counts"]))
        except (ValueError, KeyError, TypeError):
            return cls(now - AT_FIRST, {})

    def changed(self, post_id: str, count: Any) -> bool:
        """Whether a post has other comments than before."""
        return bool(count) and count != self.counts.get(post_id)

    def page(
        self,
        found: Sequence[tuple[datetime, RawEvent]],
        counts: Mapping[str, Any],
        wait: timedelta,
        read_to: datetime | None = None,
    ) -> Page:
        """What was found, oldest first, and the cursor of the next look.

        read_to: where a list was too long for one look, the time up to which it was read; the next goes on there.
        """
        fresh = sorted((one for one in found if one[0] >= self.since - CLOCKS), key=lambda one: one[0])
        newest = max([self.since, *(at for at, _ in fresh)])
        if read_to is not None:
            newest = min(newest, read_to + CLOCKS)
        kept = {post_id: count for post_id, count in counts.items() if isinstance(count, int)}
        cursor = json.dumps({"since": newest.isoformat(), "counts": kept})
        return Page([raw for _, raw in fresh], cursor, wait)


def event(product: str, own: str, at: datetime, kind: str, item: Mapping[str, Any], key: str) -> RawEvent:
    """What a poll found, in the words and with the key of a webhook."""
    entry = {"id": own, "time": int(at.timestamp()), kind: [item]}
    return RawEvent(key, json.dumps({"object": OBJECTS[product], "entry": [entry]}).encode())


def earliest(reply: Outgoing) -> datetime | None:
    """Before this it cannot have been posted."""
    return reply.first_sent_at - CLOCKS if reply.first_sent_at else None


def found_in(rows: Iterator[tuple[Any, str, str]], reply: Outgoing) -> ReadBack | None:
    """The newest of `rows` (each with the names of its text and time) that may be `reply`. Raises Malformed.

    In one thread another reply of ours may have the same words: what is asked for was posted after it.
    """
    since, words = earliest(reply), reply.text.split()  # Meta trims: only the words count
    timed = [(time(row, when), row) for row, said, when in rows if (text_or_none(row, said) or "").split() == words]
    right = [(at, row) for at, row in timed if since is None or at >= since]
    if not right:
        return None
    at, row = max(right, key=lambda one: one[0])
    return ReadBack(Found.FOUND, Receipt(text(row, "id"), at))
