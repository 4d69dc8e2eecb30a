"""The caller counts what it sees: refusals, lost connections, times."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from workers import services
from workers.bench.load import Load, drive, milliseconds

DELIVERIES = [({"webhook-id": str(number)}, b"{}") for number in range(5)]


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that reads a request and says the same to each; nothing to say: it hangs up."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    port = services.free_port()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while answer:
                await reader.readuntil(b"\r\n\r\n{}")
                writer.write(answer)
        writer.close()

    async def run(stop: asyncio.Event) -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", port):
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run(stop)))
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{port}/hooks"
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@pytest.mark.parametrize(
    ("answer", "errors", "answered"),
    [
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok", 0, 5),
        (b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n", 5, 5),
        (b"", 5, 0),
    ],
)
def test_only_a_202_is_no_error(answer: bytes, errors: int, answered: int) -> None:
    with answering(answer) as url:
        load = drive(url, iter(DELIVERIES), 1, lambda: False)
    assert (load.errors, len(load.latencies)) == (errors, answered)


def test_a_server_that_is_not_there_is_an_error_each_time() -> None:
    load = drive(f"http://127.0.0.1:{services.free_port()}/", iter(DELIVERIES), 2, lambda: False)
    assert (load.errors, load.latencies) == (5, [])


def test_it_stops_when_it_is_over() -> None:
    over: Callable[[], bool] = lambda: True  # noqa: E731
    with answering(b"HTTP/1.1 202 Accepted\r\n\r\n") as url:
        assert len(drive(url, iter(DELIVERIES), 1, over).latencies) == 1


def test_its_figures_are_those_of_its_latencies() -> None:
    load = Load(2.0, 1, [0.004, 0.001, 0.003, 0.002])
    assert load.as_dict() == {"events_per_s": 2.0, "p50_ms": 3.0, "p99_ms": 4.0, "errors": 1}
    assert milliseconds([], 0.5) == 0.0
