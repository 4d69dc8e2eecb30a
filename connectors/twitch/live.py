"""EventSub over a WebSocket: for who cannot be reached from outside.

Twitch asks for a reconnection now and then, and then nothing is lost: the old connection is read until the new one has
begun. A connection that breaks loses what happens until the next one; nothing is told again, so the gap is reported.
https://dev.twitch.tv/docs/eventsub/handling-websocket-events/
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from connectors.fields import get, number, text
from connectors.gaps import gap
from connectors.streams import Socket, socket
from connectors.twitch.helix import now
from connectors.twitch.tokens import Valid
from engage.errors import Retryable, Unauthorized, Unavailable
from engage.platform import Page, RawEvent

KEEPALIVE = timedelta(seconds=30)  # Twitch says something at least this often
LATE = timedelta(seconds=10)  # a sign of life may be late by this
WELCOME = timedelta(seconds=15)
LEFT_OVER = timedelta(seconds=1)  # silence after which the old connection has said all
HOURLY = timedelta(hours=1)
LOST = "the connection to Twitch was lost, and Twitch tells nothing again"


@dataclass
class Session:
    """One open connection."""

    socket: Socket
    id: str
    patience: timedelta
    _stack: AsyncExitStack

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect and wait for the welcome. Raises Unavailable or Malformed."""
        stack = AsyncExitStack()
        try:
            line = await stack.enter_async_context(socket(url))
            welcome = await line.receive(WELCOME)
            session_id = text(welcome, "payload", "session", "id")
            silence = number(welcome, "payload", "session", "keepalive_timeout_seconds")
        except BaseException:
            await stack.aclose()
            raise
        return cls(line, session_id, timedelta(seconds=silence) + LATE, stack)

    async def close(self) -> None:
        """Hang up; the second time is nothing."""
        await self._stack.aclose()


@dataclass(frozen=True, slots=True)
class Live:
    """What a stream needs of its account. bot_user_id: who writes for the creator.

    subscribe: asks for the account's events on a connection, by its id. validate: raises Unauthorized where the
    creator's token does not hold.
    """

    url: str
    bot_user_id: str
    subscribe: Callable[[str], Awaitable[None]]
    validate: Callable[[], Awaitable[Valid]]

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        """Pages until the connection is lost. The cursor is the time of what was heard last."""
        valid = await self.validate()
        async with AsyncExitStack() as sessions:  # all are closed, wherever this ends
            session = await Session.open(f"{self.url}?keepalive_timeout_seconds={KEEPALIVE.seconds}")
            sessions.push_async_callback(session.close)
            await self.subscribe(session.id)
            heard = validated = now()
            ends = heard + valid.expires_in
            yield _page([gap(datetime.fromisoformat(cursor), heard, LOST)] if cursor else [], heard)
            while frame := await _next(session):
                heard = now()
                if _kind(frame) == "session_reconnect" and (fresh := await _successor(frame)):
                    sessions.push_async_callback(fresh.close)
                    yield _page(await self._left_over(session), heard)
                    session = fresh
                else:
                    yield _page(self._events(frame), heard)
                if _kind(frame) == "revocation":  # nothing comes by it any more: who begins anew is told why
                    return
                # A token that has ended by itself was renewed elsewhere meanwhile: it says nothing about the access.
                if heard - validated >= HOURLY and heard < ends:
                    validated = heard
                    if not await self._holds():
                        return

    async def _left_over(self, old: Session) -> list[RawEvent]:
        """What the old connection still says, now that the new one has begun; then it is closed."""
        left: list[RawEvent] = []
        until = now() + LATE
        with suppress(Unavailable):  # it is closed, or has nothing more to say
            while now() < until:
                left += self._events(await old.socket.receive(LEFT_OVER))
        await old.close()
        return left

    async def _holds(self) -> bool:
        """Whether the token still holds. Where not, the stream ends, and the next one begins with the newest token."""
        try:
            with suppress(Retryable):  # nobody knows: what is heard meanwhile is not given up for that
                await self.validate()
        except Unauthorized:
            return False
        return True

    def _events(self, frame: Any) -> list[RawEvent]:
        if _kind(frame) not in ("notification", "revocation"):
            return []
        marked = {**frame, "engage": {"bot_user_id": self.bot_user_id}}
        return [RawEvent(text(frame, "metadata", "message_id"), json.dumps(marked).encode())]


async def _next(session: Session) -> Any:
    """The next frame, None where the connection is lost or silent: the next one tells from when to when."""
    try:
        return await session.socket.receive(session.patience)
    except Unavailable:
        return None


async def _successor(frame: Any) -> Session | None:
    """The connection that Twitch wants instead; its subscriptions move by themselves.

    None where it cannot be opened: the old one is read on, until Twitch ends it.
    """
    try:
        return await Session.open(text(frame, "payload", "session", "reconnect_url"))
    except Unavailable:
        return None


def _kind(frame: Any) -> Any:
    return get(frame, "metadata", "message_type")


def _page(events: list[RawEvent], heard: datetime) -> Page:
    return Page(events, heard.isoformat(), timedelta())
