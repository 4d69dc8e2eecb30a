"""A bad network between the workers and the platform: a TCP proxy that delays, cuts and half-closes connections."""

import asyncio
import random
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65536
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset, and what was not sent is dropped


@dataclass(frozen=True, slots=True)
class Odds:
    """Probabilities for each piece of data on its way, which is about one request or one answer."""

    reset: float = 0.01
    half_close: float = 0.005
    delay: float = 0.03
    longest_delay_s: float = 1.5


class Proxy:
    """Forwards connections to `upstream` (http://host:port) from a free port, `url`, inside `async with`.

    A reset or a half-close swallows the piece it was rolled for: a request that never arrives, or an answer that is
    lost after the platform has committed. Nobody on either side can tell which.
    """

    def __init__(self, upstream: str, odds: Odds | None = None, chance: random.Random | None = None) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._chance = chance or random.Random()
        self._tasks: set[asyncio.Task[None]] = set()
        self.odds = odds or Odds()
        self.counts: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def calm(self) -> None:
        """From now on it only forwards."""
        self.odds = Odds(0, 0, 0, 0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            return  # asyncio's own server would print the cancellation
        finally:
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection(*self._upstream)
        except OSError:
            _reset(writer)
            return
        self.counts["connections"] += 1
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, out, writer))
                both.create_task(self._pump(there, writer, out))
        finally:
            for end in (writer, out):
                end.close()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        """One direction. `back` leads to where the data comes from."""
        with suppress(OSError):
            while data := await source.read(CHUNK):
                fate = self._roll()
                if fate == "reset":
                    _reset(to)
                    _reset(back)
                    return
                if fate == "half_close":
                    break
                if fate == "delay":
                    await asyncio.sleep(self._chance.uniform(0, self.odds.longest_delay_s))
                to.write(data)
                await to.drain()
            if to.can_write_eof() and not to.is_closing():
                to.write_eof()

    def _roll(self) -> str:
        roll = self._chance.random()
        for fate in ("reset", "half_close", "delay"):
            roll -= getattr(self.odds, fate)
            if roll < 0:
                self.counts[fate] += 1
                return fate
        return ""


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()
