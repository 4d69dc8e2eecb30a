"""How many signed webhooks a second are committed before their 2xx; and a storm of duplicates."""

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from sqlalchemy import func, select

from engage import intake
from engage.ledger.tables import deliveries, messages, turns
from workers.bench.stage import Hook, receiver, serving

CONNECTIONS = 64
Delivery = tuple[dict[str, str], bytes]


@dataclass(slots=True)
class Load:
    """What the caller saw."""

    seconds: float = 0.0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, float | int]:
        ordered = sorted(self.latencies) or [0.0]
        return {
            "events_per_s": round(len(self.latencies) / self.seconds, 1),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
            "errors": self.errors,
        }


async def drive(url: str, deliveries: Iterator[Delivery], connections: int, over: Callable[[], bool]) -> Load:
    """Post deliveries over so many connections until they run out or `over()`."""
    load = Load()
    start = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

        async def caller() -> None:
            for headers, body in deliveries:
                sent = time.perf_counter()
                async with session.post(url, data=body, headers=headers) as answer:
                    load.errors += answer.status != 202
                load.latencies.append(time.perf_counter() - sent)
                if over():
                    return

        await asyncio.gather(*(caller() for _ in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


def _numbered(hook: Hook) -> Iterator[Delivery]:
    number = 0
    while True:
        number += 1
        yield hook.delivery(number)


def measure(seconds: float = 20, database: str = "") -> dict[str, Any]:
    """Intake against the bare reference, the same caller and bodies for both."""
    with receiver(database) as hook, serving(hook.settings, "workers.bench.bare") as bare:
        reference = asyncio.run(drive(bare, _numbered(hook), CONNECTIONS, _after(seconds / 2)))
        load = asyncio.run(drive(hook.url, _numbered(hook), CONNECTIONS, _after(seconds)))
        committed = _count(hook, deliveries)
    ours, theirs = load.as_dict(), reference.as_dict()
    ratio = round(float(ours["events_per_s"]) / float(theirs["events_per_s"]), 3)
    return {
        **ours,
        "committed": committed,
        "reference": {"bare_server": theirs, "ratio": ratio},
        "load_average": round(os.getloadavg()[0], 2),
    }


def storm(count: int = 10_000, callers: int = 8, database: str = "") -> dict[str, Any]:
    """`count` deliveries, each sent 1-5 times, `callers` at a time: how many rows, messages and turns come of it."""
    chance = random.Random(11)
    numbers = [number for number in range(count) for _ in range(chance.randint(1, 5))]
    chance.shuffle(numbers)
    with receiver(database) as hook:
        load = asyncio.run(drive(hook.url, map(hook.delivery, numbers), callers, lambda: False))
        processed = _process_all(hook)
        found = {str(table.name): _count(hook, table) for table in (deliveries, messages, turns)}
    return {"sent": len(numbers), "expected": count, **load.as_dict(), **found, "processed": processed}


def _process_all(hook: Hook) -> int:
    from workers.runtime import Runtime, utc_now

    runtime = Runtime.start(hook.settings)
    total = 0
    while True:
        with hook.db.transaction() as tx:
            done = intake.process(tx, runtime.parser_of, runtime.intake_policy, utc_now(), 500)
        total += done.deliveries
        if not done.deliveries:
            asyncio.run(runtime.aclose())
            return total


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _count(hook: Hook, table: Any) -> int:
    with hook.db.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())
