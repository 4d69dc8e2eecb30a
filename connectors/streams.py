"""Connections that stay open: the lines of an HTTP answer, the frames of a WebSocket."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import httpx

from connectors import http
from connectors.answers import PLAIN, Dialect, meaning
from engage.errors import Malformed, Unavailable

OPENING = timedelta(seconds=15)


class Closed(Unavailable):
    """The connection has ended. `code`: of a WebSocket's close frame, where the platform sent one."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


async def lines(
    calls: httpx.AsyncClient, request: httpx.Request, idle: timedelta, dialect: Dialect = PLAIN
) -> AsyncGenerator[str]:
    """The lines of an answer as they come, without their ends. It ends where the answer does.

    idle: the longest silence that a living connection may have. Raises what a read raises.
    """
    host = request.url.host
    # A client's own patience is for answers that end: it would take a silent stream for a dead one.
    request.extensions["timeout"] = httpx.Timeout(OPENING.total_seconds(), read=idle.total_seconds()).as_dict()
    try:
        async with asyncio.timeout(OPENING.total_seconds()):
            answer = await calls.send(request, stream=True)
    except http.LOST as error:
        raise http.lost(error, host, once=False) from None
    try:
        if not answer.is_success:
            await answer.aread()
        if failure := meaning(answer, dialect, once=False, now=datetime.now(UTC)) if not answer.is_success else None:
            raise failure
        coming = aiter(answer.aiter_lines())
        while True:
            async with asyncio.timeout(idle.total_seconds()):
                line = await anext(coming, None)
            if line is None:
                return
            yield line
    except http.LOST as error:
        raise http.lost(error, host, once=False) from None
    finally:
        await answer.aclose()


class Socket:
    """An open WebSocket that carries JSON."""

    def __init__(self, wire: aiohttp.ClientWebSocketResponse, host: str) -> None:
        self._wire = wire
        self._host = host

    async def send(self, value: Mapping[str, Any]) -> None:
        """Raises Closed."""
        try:
            await self._wire.send_str(json.dumps(value))
        except http.LOST as error:
            raise Closed(f"{self._host} has hung up ({type(error).__name__})") from None

    async def receive(self, within: timedelta) -> Any:
        """The next value. Raises Closed, Unavailable where none came in time, or Malformed."""
        try:
            frame = await self._wire.receive(timeout=within.total_seconds())
        except TimeoutError:
            raise Unavailable(f"{self._host} said nothing for {within.total_seconds():g} s") from None
        except http.LOST as error:
            raise Closed(f"{self._host} has hung up ({type(error).__name__})") from None
        if frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
            code = self._wire.close_code or 0
            raise Closed(f"{self._host} has hung up (close code {code})", code)
        if frame.type is aiohttp.WSMsgType.ERROR:
            raise Closed(f"{self._host}: the connection broke")
        try:
            return json.loads(frame.data)
        except ValueError:
            raise Malformed(f"{self._host} sent a frame that is not JSON") from None

    async def close(self, code: int) -> None:
        """Hang up and say why; without it the end of the block says 1000."""
        await self._wire.close(code=code)


@asynccontextmanager
async def socket(url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[Socket]:
    """A WebSocket for the length of the block. Raises Unavailable where it cannot be opened.

    The platform's pings are answered by themselves.
    """
    host = httpx.URL(url).host
    async with http.session(url, connections=1, timeout=timedelta(0)) as session:
        try:
            async with asyncio.timeout(OPENING.total_seconds()):
                wire = await session.ws_connect(
                    url, headers={"user-agent": http.USER_AGENT, **(headers or {})}, max_msg_size=16 * 2**20
                )
        except aiohttp.WSServerHandshakeError as error:
            raise Closed(f"{host} refused the connection with {error.status}", error.status) from None
        except http.LOST as error:
            raise http.lost(error, host, once=False) from None
        try:
            yield Socket(wire, host)
        finally:
            await wire.close()
