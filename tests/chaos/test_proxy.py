"""The bad network over real sockets: what it swallows, holds back and lets through."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from workers.chaos.proxy import Odds, Proxy

CALM = Odds(0, 0, 0, 0)


@dataclass
class Echo:
    """A platform that answers each line with itself, in capitals."""

    heard: list[bytes] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line.upper())
                await writer.drain()
        except ConnectionError:
            pass
        self.ended.set()
        writer.close()


@asynccontextmanager
async def behind(odds: Odds) -> AsyncIterator[tuple[Echo, Proxy]]:
    echo = Echo()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    echo.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Proxy(echo.url, odds, random.Random(1)) as proxy:
        yield echo, proxy


@asynccontextmanager
async def called(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rsplit(":", 1)[1]))
    yield reader, writer
    writer.close()


async def test_without_odds_it_forwards_both_ways_and_passes_the_end_on() -> None:
    async with behind(CALM) as (echo, proxy), called(proxy) as (reader, writer):
        for line in (b"one\n", b"two\n"):
            writer.write(line)
            assert await reader.readline() == line.upper()
        writer.write_eof()
        assert await reader.read() == b""
        assert echo.heard == [b"one\n", b"two\n"]


async def test_a_reset_swallows_the_request_and_the_caller_sees_the_connection_cut() -> None:
    async with behind(Odds(reset=1)) as (echo, proxy), called(proxy) as (reader, writer):
        writer.write(b"one\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await echo.ended.wait()
        assert echo.heard == []
        assert proxy.counts["reset"] == 1


async def test_a_half_close_ends_one_direction_and_leaves_the_other_open() -> None:
    async with behind(CALM) as (echo, proxy), called(proxy) as (reader, writer):
        writer.write(b"one\n")
        assert await reader.readline() == b"ONE\n"
        proxy.odds = Odds(reset=0, half_close=1, delay=0)
        writer.write(b"two\n")
        await echo.ended.wait()  # the platform saw the end of the requests, and not the second one
        assert echo.heard == [b"one\n"]
        assert await reader.read() == b""  # and the caller an end instead of an answer, not a reset


async def test_a_delay_holds_data_back_and_loses_none() -> None:
    async with behind(Odds(reset=0, half_close=0, delay=1, longest_delay_s=0.3)) as (_, proxy), called(proxy) as talk:
        reader, writer = talk
        start = time.monotonic()
        writer.write(b"one\n")
        assert await reader.readline() == b"ONE\n"
        assert proxy.counts["delay"] == 2
        assert time.monotonic() > start


async def test_calm_ends_the_faults_of_connections_that_are_open() -> None:
    async with behind(Odds(reset=1)) as (_, proxy), called(proxy) as (reader, writer):
        proxy.calm()
        writer.write(b"one\n")
        assert await reader.readline() == b"ONE\n"


async def test_a_platform_that_is_down_is_a_cut_connection() -> None:
    async with Proxy("http://127.0.0.1:1", CALM) as proxy, called(proxy) as (reader, _):
        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_it_ends_while_connections_are_open() -> None:
    async with behind(CALM) as (echo, proxy), called(proxy) as (reader, writer):
        writer.write(b"one\n")
        await reader.readline()
    assert echo.heard == [b"one\n"]
