"""Replies and mentions by asking: where webhooks cannot reach us, and for what they do not tell.

The newest places are looked at each time, the others in turns. What is found has the words and the keys of a webhook,
so nothing is taken twice.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import get, id_of, text, text_or_none, time
from connectors.meta import quiet_until
from connectors.meta_graph import decoded, listed
from connectors.threads.calls import Threads
from connectors.threads.parse import ACCOUNT, MENTIONS, REPLIES
from connectors.threads.places import OWN, Mark, Place, id_in, places_of
from engage.errors import Malformed, Permanent
from engage.platform import AccountLink, Page, RawEvent

LISTED = "25"  # of the account's posts, and of its replies
PAGES = 40  # of 25: as many as a day allows to answer
WAIT = timedelta(seconds=60)
_POST = "id,text,timestamp,username,has_replies"
_ROW = "id,text,timestamp,username,media_type,has_replies,is_reply,is_reply_owned_by_me,root_post,replied_to"
_REPLY = f"{_ROW},hide_status"
_TOPICS = {REPLIES: "moderate", MENTIONS: "interaction"}


async def poll(graph: Threads, account: AccountLink, cursor: str, now: datetime) -> Page:
    """What is new since `cursor`. Raises what a read does."""
    mark = Mark.of(cursor, now)
    answer = await graph.read("/me/threads", {"fields": _POST, "limit": LISTED})
    look = Look(graph, account, mark)
    places = await look.everywhere(listed(decoded(answer)))
    until = quiet_until(answer.headers, now)
    events = [raw for _, raw in sorted(look.found, key=lambda one: one[0])]
    return Page(events, mark.cursor(places), max(WAIT, until - now) if until else WAIT)


class Look:
    """One look at everything of an account. `found` is what is new."""

    def __init__(self, graph: Threads, account: AccountLink, mark: Mark) -> None:
        self._graph = graph
        self._own = account.platform_user_id
        self._handle = account.handle
        self._mark = mark
        self._names: dict[str, str] = {}  # who wrote what was read
        self.found: list[tuple[datetime, RawEvent]] = []

    async def everywhere(self, posts: Sequence[Any]) -> Sequence[Place]:
        """Take in what is new. Returns the places there are. Raises what a read does."""
        own = listed(await self._graph.get("/me/replies", {"fields": _REPLY, "limit": LISTED}))
        self._learn([*posts, *own])
        places = [*places_of(posts, own)]
        for place in self._mark.chosen(places):
            await self._below(place)
        await self._mentions()
        await self._by_the_account(own, {place.id: place.text for place in places})
        return places

    async def _below(self, place: Place) -> None:
        since = self._mark.since(place.id)
        asked = {"fields": _REPLY, "reverse": "true"}
        try:
            rows, _ = await self._graph.rows(f"/{place.id}/{place.edge}", asked, PAGES, since)
        except Permanent:  # of one place only, as the account's lists were read just now
            return  # it was deleted meanwhile, or may not be read
        self._take(place.id, REPLIES, rows, {"id": place.root, "text": place.text})

    async def _mentions(self) -> None:
        since = int(self._mark.since(MENTIONS).timestamp())
        asked = {"fields": _ROW, "limit": LISTED, "since": str(since)}
        try:
            rows, _ = await self._graph.rows("/me/mentions", asked, PAGES)
        except Permanent:  # an app that is not reviewed may not read them; of the account's lists there was no doubt
            return
        self._take(MENTIONS, MENTIONS, rows, {})

    def _take(self, name: str, kind: str, rows: Sequence[Any], root: Mapping[str, str]) -> None:
        """What followers wrote in a place."""
        self._learn(rows)
        told = [self._tell(kind, row, self._mark.since(name), root) for row in rows if not self._is_own(row)]
        self._mark.note(name, [at for at in told if at])

    async def _by_the_account(self, rows: Sequence[Any], texts: Mapping[str, str]) -> None:
        """What the account wrote, with the name of whom it answers: a person may have taken over there."""
        since, times = self._mark.since(OWN), []
        for row in rows:
            parent = id_in(row, "replied_to", "id")
            if parent and _is_new(row, since):
                told = {**row, "replied_to": {"id": parent, "username": await self._name(parent)}}
                root = {"text": texts.get(id_in(row, "root_post", "id"), "")}
                times.append(self._tell(REPLIES, told, since, root, own=True))
        self._mark.note(OWN, [at for at in times if at])

    async def _name(self, media: str) -> str:
        if media not in self._names:
            try:
                said = await self._graph.get(f"/{media}", {"fields": "id,username"})
                self._names[media] = text_or_none(said, "username") or ""
            except Permanent:
                self._names[media] = ""  # deleted, or of a private profile
        return self._names[media]

    def _learn(self, rows: Sequence[Any]) -> None:
        told = [(id_in(row, "id"), get(row, "username")) for row in rows]
        self._names |= {media: name for media, name in told if isinstance(name, str)}

    def _is_own(self, row: Any) -> bool:
        told, name = get(row, "is_reply_owned_by_me"), get(row, "username")
        return told if isinstance(told, bool) else bool(name) and name == self._handle

    def _tell(
        self, kind: str, row: Any, since: datetime, root: Mapping[str, str], *, own: bool = False
    ) -> datetime | None:
        """Make an event of a row. Returns its time; None where it is old, or nobody is told to have written it."""
        if not _is_new(row, since):
            return None
        at, media = time(row, "timestamp"), id_of(row, "id")
        told = get(row, "root_post")
        post = {**(told if isinstance(told, dict) else {}), **{name: value for name, value in root.items() if value}}
        change = {"field": kind, "value": {**row, "is_reply_owned_by_me": own, "root_post": post}}
        head = {"topic": _TOPICS[kind], "target_id": self._own, ACCOUNT: self._own, "time": int(at.timestamp())}
        self.found.append((at, RawEvent(f"{kind} {media}", json.dumps({**head, "values": change}).encode())))
        return at


def _is_new(row: Any, since: datetime) -> bool:
    """Whether it can be answered (of private profiles no name is told), and was written since."""
    try:
        return bool(id_of(row, "id") and text(row, "username")) and time(row, "timestamp") >= since
    except Malformed:
        return False
