"""The gateway's wire: one connection, kept alive by heartbeats.

https://docs.discord.com/developers/events/gateway
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from connectors import streams
from connectors.discord.calls import USER_AGENT
from connectors.discord.sessions import Frame, Session
from connectors.fields import MISSING, get, number
from connectors.streams import Closed, Socket
from engage.errors import EngageError, Malformed, Unauthorized, Unavailable

DISPATCH, BEAT, IDENTIFY, RESUME, MOVE, INVALID, HELLO, HEARD = 0, 1, 2, 6, 7, 9, 10, 11
VERSION = "?v=10&encoding=json"
# Any code but 1000 and 1001 keeps the session, so that another process can go on with it.
LEAVE = 4000
AT_ONCE = 100  # frames of one page
AHEAD = 10_000  # frames that wait for the ledger

_SESSION_OVER = (4006, 4007, 4009)
_USELESS = {  # close codes after which connecting again cannot help
    4010: "it refuses the shard",
    4011: "the bot is in more servers than one connection may serve (2500): Engage does not shard",
    4012: "it no longer speaks version 10 of the API",
    4013: "it does not know an intent that Engage asks for",
    4014: "the Message Content Intent is off: turn it on in the Developer Portal, page Bot, Privileged Gateway Intents",
}
PATIENCE = timedelta(minutes=10)  # each try costs one of the day's session starts


class Over(Unavailable):
    """The session cannot be resumed. `again`: this time only."""

    def __init__(self, *, again: bool = False) -> None:
        super().__init__("Discord does not know the session (invalid session)")
        self.again = again


class Link:
    """One connection after its hello. A task reads it and another beats, so that a slow ledger does not look dead."""

    def __init__(self, wire: Socket, every: timedelta) -> None:
        self._wire = wire
        self._every = every
        self._seq: int | None = None
        self._heard = True
        self._come: asyncio.Queue[Frame | EngageError | None] = asyncio.Queue(AHEAD)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]

    async def identify(self, token: str, intents: int) -> None:
        """Begin a session."""
        properties = {"os": sys.platform, "browser": "engage", "device": "engage"}
        await self._send(IDENTIFY, {"token": token, "intents": intents, "properties": properties})

    async def resume(self, token: str, session: Session) -> None:
        """Go on with a session: what was missed is sent again."""
        self._seq = session.seq
        await self._send(RESUME, {"token": token, "session_id": session.id, "seq": session.seq})

    async def some(self) -> list[Frame]:
        """Dispatches and answers to heartbeats, at least one; [] where Discord wants us to connect again.

        Raises Over, Unauthorized or Unavailable.
        """
        taken: list[Frame] = []
        while len(taken) < AT_ONCE and (not taken or not self._come.empty()):
            come = await self._come.get()
            if come is None or isinstance(come, EngageError):
                if taken:
                    self._come.put_nowait(come)  # it is the last one
                    return taken
                if come is None:
                    return []
                raise come
            taken.append(come)
        return taken

    async def aclose(self) -> None:
        """Hang up, so that the session can be resumed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await leave(self._wire)

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._wire.receive(self._every * 2 + streams.OPENING)
                if not await self._take(frame):
                    return
        except Closed as closed:
            await self._come.put(meaning(closed))
        except EngageError as error:
            await self._come.put(error)

    async def _take(self, frame: Any) -> bool:
        """False where the connection is of no more use."""
        op = get(frame, "op")
        if op == BEAT:
            await self._send(BEAT, self._seq)
        elif op == MOVE:
            await self._come.put(None)
        elif op == INVALID:
            await self._come.put(Over(again=get(frame, "d") is True))
        elif op in (DISPATCH, HEARD):
            self._note(frame)
            await self._come.put(frame)
        return op not in (MOVE, INVALID)

    def _note(self, frame: Any) -> None:
        self._heard = self._heard or get(frame, "op") == HEARD
        seq = get(frame, "s")
        self._seq = seq if isinstance(seq, int) else self._seq

    async def _beat(self) -> None:
        wait = self._every * random.random()  # so that not all clients beat at once
        try:
            while True:
                await asyncio.sleep(wait.total_seconds())
                if not self._heard:  # the last beat was not answered: the other side is gone, and nobody said so
                    await leave(self._wire)
                    return
                self._heard = False
                await self._send(BEAT, self._seq)
                wait = self._every
        except Closed:
            return  # whoever reads hears of it

    async def _send(self, op: int, d: Any) -> None:
        await self._wire.send({"op": op, "d": d})


async def leave(wire: Socket) -> None:
    """Hang up and keep the session."""
    await wire.close(LEAVE)


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Link]:
    """A connection for the length of the block. Raises Unavailable."""
    async with streams.socket(f"{url.rstrip('/')}/{VERSION}", {"user-agent": USER_AGENT}) as wire:
        try:
            link = Link(wire, await _hello(wire))
        except BaseException:
            await leave(wire)
            raise
        try:
            yield link
        finally:
            await link.aclose()


async def _hello(wire: Socket) -> timedelta:
    """How often to beat."""
    frame = await wire.receive(streams.OPENING)
    if get(frame, "op") != HELLO or get(frame, "d") is MISSING:
        raise Closed("Discord did not say hello: it wants us to connect again")
    every = number(frame, "d", "heartbeat_interval")
    if not every > 0:
        raise Malformed("d.heartbeat_interval: expected a time")
    return timedelta(milliseconds=every)


def meaning(closed: Closed) -> EngageError:
    """What a close code says."""
    if closed.code == 4004:
        return Unauthorized("Discord refuses the bot's token: reset it in the Developer Portal, page Bot")
    if closed.code in _SESSION_OVER:
        return Over()
    if closed.code in _USELESS:
        why = f"the gateway closed with {closed.code}: {_USELESS[closed.code]}"
        return Unavailable(why, retry_after=PATIENCE)
    return closed
