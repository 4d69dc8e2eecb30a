"""A real server that answers as a test says, byte for byte."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Script


def response(status: int, body: str = "", *headers: str) -> bytes:
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status} Because", f"content-length: {len(body.encode())}", *headers, "", body]
    return "\r\n".join(lines).encode()


class Scripted:
    """Answers the n-th request with the n-th answer, and the rest with the last one."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self.answers = answers
        self.requests: list[str] = []
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"content-length: *(\d+)", head.lower())
                body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
                answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
                self.requests.append(head + body)
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(reader, writer)

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()


@pytest.fixture
async def scripted() -> AsyncIterator[Callable[..., Awaitable[Scripted]]]:
    """`await scripted(answer, …)` starts a server; its `url` and the `requests` it got can be read."""
    running: list[tuple[Scripted, asyncio.Server]] = []

    async def start(*answers: Answer) -> Scripted:
        script = Scripted(answers)
        server = await asyncio.start_server(script.handle, "127.0.0.1", 0)
        script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        running.append((script, server))
        return script

    yield start
    for script, server in running:
        server.close()
        script.end()
        await server.wait_closed()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await asyncio.Event().wait()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and close."""
    writer.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and cut the connection."""
    writer.transport.abort()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and never finish it, byte by byte."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)
