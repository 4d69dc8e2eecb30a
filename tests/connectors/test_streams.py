"""Connections that stay open: each way they end is told apart."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from connectors import http, streams
from connectors.streams import Closed
from engage.errors import Malformed, RateLimited, Unauthorized, Unavailable
from tests.connectors.conftest import Scripted, reset, response
from tests.platforms.base import Simulator

Start = Callable[..., Awaitable[Scripted]]
LONG, SHORT = timedelta(seconds=20), timedelta(milliseconds=50)


def chunked(*lines: str, end: bool) -> Callable[..., Awaitable[None]]:
    """An answer in pieces; `end`: it is whole in the end, else it stays open."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for line in lines:
            piece = line.encode()
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
        if end:
            writer.write(b"0\r\n\r\n")
        else:
            await asyncio.Event().wait()

    return answer


async def heard(server: Scripted, idle: timedelta = LONG) -> list[str]:
    found: list[str] = []
    async with http.client(server.url, timeout=SHORT) as calls:
        async for line in streams.lines(calls, calls.build_request("GET", "/stream"), idle):
            found.append(line)  # noqa: PERF401 - what was heard before it broke counts
    return found


async def test_lines_come_whole_whatever_the_pieces(scripted: Start) -> None:
    server = await scripted(chunked("event: up", "date\ndata: {", "}\n\n:thump\n", end=True))
    assert await heard(server) == ["event: update", "data: {}", "", ":thump"]


async def test_a_silence_that_is_too_long_is_an_end(scripted: Start) -> None:
    with pytest.raises(Unavailable, match="no answer"):
        await heard(await scripted(chunked("one\n", end=False)), idle=SHORT)


async def test_a_stream_may_be_silent_for_longer_than_a_call_may_take(scripted: Start) -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(SHORT.total_seconds() * 4)
        writer.write(b"4\r\none\n\r\n0\r\n\r\n")

    assert await heard(await scripted(late)) == ["one"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(401), Unauthorized),
        (response(429, "", "retry-after: 7"), RateLimited),
        (response(503), Unavailable),
        (reset, Unavailable),
    ],
    ids=["401", "429", "503", "reset"],
)
async def test_a_stream_that_is_refused_says_what_a_read_says(
    answer: Any, error: type[Exception], scripted: Start
) -> None:
    with pytest.raises(error):
        await heard(await scripted(answer))


async def test_whoever_stops_listening_hangs_up(scripted: Start) -> None:
    server = await scripted(chunked("one\n", end=False))
    async with http.client(server.url) as calls:
        coming = streams.lines(calls, calls.build_request("GET", "/stream"), LONG)
        assert await anext(coming) == "one"
        await coming.aclose()  # type: ignore[attr-defined]


class Talker(Simulator):
    """A WebSocket that says what it is told to."""

    def routes(self) -> Sequence[BaseRoute]:
        return [WebSocketRoute("/{word}", self.talk)]

    async def talk(self, wire: WebSocket) -> None:
        word = wire.path_params["word"]
        if word == "refused":
            await wire.close(4000)
            return
        await wire.accept()
        if word == "echo":
            await wire.send_text(await wire.receive_text())
        if word == "nonsense":
            await wire.send_text("{half")
        if word == "silent":
            await wire.receive_text()
        await wire.close(4004)


@pytest.fixture
async def talker() -> AsyncIterator[str]:
    with Talker() as simulator:
        yield simulator.url


async def test_frames_go_both_ways_and_a_close_has_its_code(talker: str) -> None:
    async with streams.socket(f"{talker}/echo") as socket:
        await socket.send({"op": 1})
        assert await socket.receive(LONG) == {"op": 1}
        with pytest.raises(Closed) as closed:
            await socket.receive(LONG)
        assert closed.value.code == 4004


async def test_a_frame_that_is_not_json_is_malformed(talker: str) -> None:
    async with streams.socket(f"{talker}/nonsense") as socket:
        with pytest.raises(Malformed):
            await socket.receive(LONG)


async def test_a_silent_socket_is_not_waited_for(talker: str) -> None:
    async with streams.socket(f"{talker}/silent") as socket:
        with pytest.raises(Unavailable, match="said nothing"):
            await socket.receive(SHORT)
        await socket.send({})


async def test_a_socket_that_is_refused_or_not_there(talker: str, unused_tcp_port: int) -> None:
    with pytest.raises(Closed, match="refused the connection"):
        async with streams.socket(f"{talker}/refused"):
            pass
    with pytest.raises(Unavailable, match="could not be reached"):
        async with streams.socket(f"http://127.0.0.1:{unused_tcp_port}/echo"):
            pass


def test_a_gap_says_from_when_to_when() -> None:
    from datetime import UTC, datetime

    from connectors.gaps import gap, gap_in

    since, until = datetime(2026, 11, 26, 12, tzinfo=UTC), datetime(2026, 11, 26, 12, 5, tzinfo=UTC)
    told = gap(since, until, "the stream was cut")
    event = gap_in(json.loads(told.body))
    assert event is not None
    expected = "nothing was heard from 2026-11-26T12:00:00+00:00 to 2026-11-26T12:05:00+00:00: the stream was cut"
    assert (event.kind, event.reason) == ("status", expected)
    assert gap_in({"kind": "something else"}) is None
    with pytest.raises(Malformed):
        gap_in({"engage.gap": {}})
