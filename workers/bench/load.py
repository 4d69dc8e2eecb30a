"""The caller of a measured server: many connections, so cheap that the server is what is measured."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop

ACCEPTED = 202
ANSWER_SECONDS = 30
Delivery = tuple[dict[str, str], bytes]


@dataclass(slots=True)
class Load:
    """What the caller saw. latencies: seconds of each answered request."""

    seconds: float = 0.0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, float | int]:
        ordered = sorted(self.latencies)
        return {
            "events_per_s": round(len(ordered) / self.seconds, 1),
            "p50_ms": milliseconds(ordered, 0.5),
            "p99_ms": milliseconds(ordered, 0.99),
            "errors": self.errors,
        }


def milliseconds(ordered: list[float], share: float) -> float:
    """The value below which that share of sorted seconds lies; 0 where there are none. Pure."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2) if ordered else 0.0


def drive(url: str, deliveries: Iterator[Delivery], connections: int, over: Callable[[], bool]) -> Load:
    """Post deliveries over so many connections until they run out or `over()`."""
    return uvloop.run(_drive(url, deliveries, connections, over))


async def _drive(url: str, deliveries: Iterator[Delivery], connections: int, over: Callable[[], bool]) -> Load:
    load = Load()
    start = time.perf_counter()
    await asyncio.gather(*(_caller(url, deliveries, load, over) for _ in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


async def _caller(url: str, deliveries: Iterator[Delivery], load: Load, over: Callable[[], bool]) -> None:
    """One connection: a lost one counts as an error and is opened again."""
    parts = urlsplit(url)
    start = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
    line: Line | None = None
    for headers, body in deliveries:
        sent = time.perf_counter()
        try:
            line = line or await Line.to(parts.hostname or "", parts.port or 80)
            async with asyncio.timeout(ANSWER_SECONDS):
                load.errors += await line.post(start, headers, body) != ACCEPTED
            load.latencies.append(time.perf_counter() - sent)
        except (OSError, EOFError, TimeoutError):
            load.errors += 1
            _closed(line)
            line = None
        if over():
            break
    _closed(line)


def _closed(line: "Line | None") -> None:
    if line:
        line.close()


class Line:
    """One HTTP/1.1 connection. (aiohttp's client costs ten times as much, on a core that the server needs.)"""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, host: str, port: int) -> "Line":
        return cls(*await asyncio.open_connection(host, port))

    async def post(self, start: str, headers: dict[str, str], body: bytes) -> int:
        """Returns the answer's status."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"{start}{fields}content-length: {len(body)}\r\n\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, found, rest = head.partition(b"content-length:")
        if found:
            await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        return int(head[9:12])

    def close(self) -> None:
        self._writer.close()


def after(seconds: float) -> Callable[[], bool]:
    """True from then on."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
