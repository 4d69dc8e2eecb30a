"""The ceiling: one asyncio process on Redis Streams with aiohttp, which asks the model and does nothing else.

No ledger, no triage, no recall, no post: what is left is the price of taking a message and waiting for a model.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import redis.asyncio
import uvloop

from workers import process, valkey
from workers.bench.references import common

IN_FLIGHT = 600
STREAM, GROUP = "messages", "workers"
TAKEN = 64  # messages a read


def measure(replies: int, model_url: str, home: Path) -> dict[str, Any]:
    """`replies` messages that wait in the stream already, IN_FLIGHT model calls at a time."""
    with valkey.running(home) as url:
        return {"in_flight": IN_FLIGHT, **common.last_line(common.python(__name__, url, model_url, str(replies)))}


@dataclass(slots=True)
class Worker:
    """Takes messages as long as it has places for their model calls."""

    broker: Any
    session: aiohttp.ClientSession
    model_url: str
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))
    waits: list[float] = field(default_factory=list)

    async def answer(self, replies: int) -> None:
        async with asyncio.TaskGroup() as calls:
            taken = 0
            while taken < replies:
                ((_, rows),) = await self.broker.xreadgroup(GROUP, "one", {STREAM: ">"}, count=TAKEN)
                for number, _ in rows:
                    await self.places.acquire()
                    calls.create_task(self._one(number))
                taken += len(rows)

    async def _one(self, number: bytes) -> None:
        start = time.perf_counter()
        async with self.session.post(f"{self.model_url}/chat/completions", json=common.PROMPT) as answer:
            assert (await answer.json())["choices"]
        await self.broker.xack(STREAM, GROUP, number)
        self.places.release()
        self.waits.append(time.perf_counter() - start)


async def work(url: str, model_url: str, replies: int) -> dict[str, Any]:
    """Fill the stream, then empty it."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=32, timeout=60)
    async with redis.asyncio.Redis.from_pool(pool) as broker:
        filling = broker.pipeline(transaction=False)
        for number in range(replies):
            filling.xadd(STREAM, {"number": number})
        await filling.execute()
        await broker.xgroup_create(STREAM, GROUP, "0")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
            worker = Worker(broker, session, model_url)
            cpu, start = time.process_time(), time.perf_counter()
            await worker.answer(replies)
            seconds, spent = time.perf_counter() - start, time.process_time() - cpu
    return common.figures(worker.waits, seconds, spent)


def main() -> int:
    process.begin("ERROR")
    url, model_url, replies = sys.argv[1:]
    print(json.dumps(uvloop.run(work(url, model_url, int(replies)))), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
