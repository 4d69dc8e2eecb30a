"""Where followers write to an account: below its posts, and below its replies in others' threads. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.fields import get, id_or_none
from connectors.meta_inbox import AT_FIRST, CLOCKS
from connectors.threads.parse import MENTIONS
from engage.errors import Malformed

FRESH, IN_TURN = 6, 6  # places of one look
OWN = "own"  # the account's own replies, as a place


@dataclass(frozen=True, slots=True)
class Place:
    """A post of the account, or a reply of it in somebody else's thread, with what is told below."""

    id: str
    edge: str
    root: str = ""
    text: str = ""


@dataclass(slots=True)
class Mark:
    """Up to when each place has been read, and whose turn it is."""

    now: datetime
    read: dict[str, datetime] = field(default_factory=dict)
    turn: int = 0

    @classmethod
    def of(cls, cursor: str, now: datetime) -> "Mark":
        """That of a cursor; nothing read where it is the first look, or one of another version."""
        try:
            kept = json.loads(cursor)
            read = {name: datetime.fromisoformat(at) for name, at in kept["read"].items()}
            return cls(now, read, int(kept["turn"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls(now)

    def since(self, name: str) -> datetime:
        """From when on a place is of interest."""
        return self.read.get(name, self.now - AT_FIRST) - CLOCKS

    def note(self, name: str, times: Sequence[datetime]) -> None:
        """A place was read, and these are the times of what was found there."""
        self.read[name] = max([self.read.get(name, self.now - AT_FIRST), *times])

    def chosen(self, places: Sequence[Place]) -> list[Place]:
        """The places of this look: the newest, and some of the others in turn."""
        rest = places[FRESH:]
        start = self.turn % len(rest) if rest else 0
        return [*places[:FRESH], *[*rest[start:], *rest[:start]][:IN_TURN]]

    def cursor(self, places: Sequence[Place]) -> str:
        """The one of the next look."""
        names = {MENTIONS, OWN, *(place.id for place in places)}
        read = {name: at.isoformat() for name, at in self.read.items() if name in names}
        return json.dumps({"read": read, "turn": self.turn + IN_TURN})


def places_of(posts: Sequence[Any], own: Sequence[Any]) -> Iterator[Place]:
    """Posts with replies; then own replies with replies, where these are not below one of the posts."""
    known = {id_in(post, "id") for post in posts}
    for post in posts:
        if get(post, "has_replies") is True and (post_id := id_in(post, "id")):
            words = get(post, "text")
            yield Place(post_id, "conversation", post_id, words if isinstance(words, str) else "")
    for row in own:
        root = id_in(row, "root_post", "id")
        if get(row, "has_replies") is True and root not in known and (reply := id_in(row, "id")):
            yield Place(reply, "replies", root)


def id_in(row: Any, *path: str) -> str:
    """The identifier at `path`; '' where there is none that can be read."""
    try:
        return id_or_none(row, *path) or ""
    except Malformed:
        return ""
