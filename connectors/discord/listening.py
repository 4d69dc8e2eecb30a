"""What an account hears: a session of the gateway that goes on from process to process, and what is missed between two.

A session can be resumed for some minutes; then Discord has forgotten it. A new one is begun, the channels that are
known are read from where the old one ended, and what cannot be read again is reported as a gap.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.discord import history, starts
from connectors.discord.calls import ask
from connectors.discord.gateway import DISPATCH, HEARD, Link, Over, connection
from connectors.discord.places import Places
from connectors.discord.sessions import Frame, Session
from connectors.discord.snowflakes import first_of
from connectors.fields import get, id_or_none, number, text
from connectors.gaps import gap
from engage.errors import Malformed, RateLimited, Refused, Unavailable
from engage.platform import Page, RawEvent

GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
OVERLAP = timedelta(minutes=1)  # between two clocks; what is read twice has the same key
TOO_MANY_AT_ONCE = timedelta(seconds=6)  # sessions may begin one each 5 s


class Listening:
    """The stream of one account."""

    def __init__(self, client: httpx.AsyncClient, token: str, places: Places) -> None:
        self._http = client
        self._token = token
        self._places = places
        self._parents: dict[str, str] = {}  # threads and where they stand; '' for none

    async def pages(self, cursor: str) -> AsyncIterator[Page]:
        """As of a StreamSource: it ends where Discord wants us to connect again."""
        known = Session.of(cursor)
        async with AsyncExitStack() as stack:
            link, frames, session = await self._enter(stack, known)
            if session is not known:
                async for page in self._missed(known, session):
                    yield page
                frames = frames or await link.some()
            while frames:
                page, session = await self._page(frames, session)
                if page.events or any(get(frame, "op") == HEARD for frame in frames):
                    yield page
                frames = await link.some()

    async def _enter(self, stack: AsyncExitStack, known: Session) -> tuple[Link, list[Frame], Session]:
        """A connection, what came by it at once, and the session: the known one, or another."""
        if known.id:
            try:
                link = await self._connect(stack, known.url)
                await link.resume(self._token, known)
                return link, await link.some(), known
            except Over as over:
                await stack.aclose()
                if over.again:
                    raise
        link = await stack.enter_async_context(connection(await self._way(begins=True)))
        ready, *rest = await self._begin(link)
        return link, rest, Session.begun(ready, _now(), known.heard_in)

    async def _begin(self, link: Link) -> list[Frame]:
        """READY, and what came with it."""
        await link.identify(self._token, self._intents)
        try:
            frames = await link.some()
            while frames and all(get(frame, "op") == HEARD for frame in frames):
                frames = await link.some()
        except Over:
            raise Unavailable("another session begins at this moment", retry_after=TOO_MANY_AT_ONCE) from None
        frames = [frame for frame in frames if get(frame, "op") == DISPATCH]
        if not frames or get(frames[0], "t") != "READY":
            raise Unavailable("Discord began no session")
        return frames

    async def _connect(self, stack: AsyncExitStack, url: str) -> Link:
        """To where the session lives, or to the front door where that is away."""
        try:
            return await stack.enter_async_context(connection(url))
        except Unavailable:
            return await stack.enter_async_context(connection(await self._way()))

    async def _way(self, *, begins: bool = False) -> str:
        """The gateway's address. Raises RateLimited where a session is to begin and none may at this moment."""
        said = await ask(self._http, "/gateway/bot")
        try:
            total, left = (number(said, "session_start_limit", name) for name in ("total", "remaining"))
            resets_in = timedelta(milliseconds=number(said, "session_start_limit", "reset_after"))
            url = text(said, "url")
        except (Malformed, OverflowError):
            raise Unavailable("GET /gateway/bot did not answer with an address") from None
        if begins and (wait := starts.wait(total, left, resets_in)):
            raise RateLimited(f"{left:g} of the day's {total:g} session starts are left", retry_after=wait)
        return url

    @property
    def _intents(self) -> int:
        """As few as do: the privileged one only for channels that are heard whole."""
        return GUILD_MESSAGES | DIRECT_MESSAGES | (MESSAGE_CONTENT if self._places.followed else 0)

    async def _page(self, frames: Iterable[Frame], session: Session) -> tuple[Page, Session]:
        events = []
        for frame in frames:
            session = session.after(frame, _now())
            d = get(frame, "d")
            if get(frame, "op") == DISPATCH and isinstance(d, dict):
                event = await self._event(str(get(frame, "t")), d)
                if event is not None:
                    events.append(event)
                    session = _remembering(session, frame, self._places)
        return Page(events, session.cursor, timedelta()), session

    async def _event(self, kind: str, d: Mapping[str, Any]) -> RawEvent | None:
        return self._places.kept(self._places.stamped(kind, d, await self._parent(d)))

    async def _parent(self, d: Mapping[str, Any]) -> str:
        """The channel that a message's thread stands under: it is followed with it. Only in threads is a position."""
        channel_id = d.get("channel_id")
        if not self._places.followed or not isinstance(channel_id, str):
            return ""
        if channel_id not in self._parents:
            if "position" not in d:
                return ""
            try:
                channel = await ask(self._http, f"/channels/{channel_id}")
            except Refused:
                channel = {}
            self._parents[channel_id] = str(channel.get("parent_id") or "") if isinstance(channel, dict) else ""
        return self._parents[channel_id]

    async def _missed(self, known: Session, session: Session) -> AsyncIterator[Page]:
        """What was said between two sessions, as far as it can be read, and then what was lost.

        Until it is read to its end the cursor stays the old one: whoever takes over begins here again.
        """
        if known.heard_at is None:
            yield Page([], session.cursor, timedelta())
            return
        unread = []
        for channel_id in sorted(self._places.followed | set(known.heard_in)):
            try:
                start = first_of(known.heard_at - OVERLAP)
                async for rows in history.after(self._http, channel_id, start, patient=True):
                    events = [await self._read_again(row, known.heard_in.get(channel_id, "")) for row in rows]
                    yield Page([event for event in events if event], known.cursor, timedelta())
            except Refused:
                unread.append(channel_id)
        yield Page([gap(known.heard_at, _now(), _lost(unread))], session.cursor, timedelta())

    async def _read_again(self, row: Mapping[str, Any], server_id: str) -> RawEvent | None:
        """A message that was read by a call, which does not tell its server."""
        return await self._event("MESSAGE_CREATE", {**row, "guild_id": server_id} if server_id else row)


def _remembering(session: Session, frame: Frame, places: Places) -> Session:
    """Where something was said to the bot. Of deletions and edits everything is heard, and so is the creator."""
    channel_id, author = get(frame, "d", "channel_id"), str(get(frame, "d", "author", "id"))
    if get(frame, "t") != "MESSAGE_CREATE" or author in places.creators or not isinstance(channel_id, str):
        return session
    return session.hearing(channel_id, str(id_or_none(frame, "d", "guild_id") or ""))


def _lost(unread: list[str]) -> str:
    why = "Discord had forgotten the session; followed and recent channels were read again, but not edits, deletions"
    why += ", and what was said to the bot for the first time elsewhere"
    return why + (f"; not readable: {', '.join(unread)}" if unread else "")


def _now() -> datetime:
    return datetime.now(UTC)
