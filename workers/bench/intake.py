"""How many signed webhooks a second are committed before their 2xx; and a storm of duplicates."""

import asyncio
import os
import random
from collections.abc import Iterator
from itertools import count as count_up
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from engage import intake
from engage.ledger.tables import deliveries, messages, turns
from workers import valkey
from workers.bench.load import Delivery, after, drive
from workers.bench.stage import Hook, receiver, serving

CONNECTIONS = 64
WARM_UP_SECONDS = 1.0  # each server's first requests open connections and fill caches
Figures = dict[str, float | int]


def measure(seconds: float = 20, database: str = "") -> dict[str, Any]:
    """Intake without and with Redis, beside a server with the same promise and one with none: same caller, same bodies.

    Each gets the machine for itself, and numbers of its own, so that every delivery is a new row.
    """
    with receiver(database) as hook:
        numbers = _numbered(hook)
        warm_up = drive(hook.url, numbers, CONNECTIONS, after(WARM_UP_SECONDS))
        ours = drive(hook.url, numbers, CONNECTIONS, after(seconds)).as_dict()
        committed = _count(hook, deliveries) - len(warm_up.latencies)
        with valkey.running(hook.settings.directory) as redis:
            redis_up = _under_load(hook, numbers, "workers.webhooks", seconds / 2, redis_url=redis)
        durable = _under_load(hook, numbers, "workers.bench.durable", seconds / 2)
        bare = _under_load(hook, numbers, "workers.bench.bare", seconds / 2)
    return {
        **ours,
        "committed": committed,
        "redis": "down",
        "redis_up": redis_up,
        "reference": {
            "durable_server": durable,
            "ratio": _ratio(ours, durable),
            "bare_server": bare,
            "ratio_to_bare": _ratio(ours, bare),
        },
        "load_average": round(os.getloadavg()[0], 2),
    }


def storm(count: int = 10_000, callers: int = 8, database: str = "") -> dict[str, Any]:
    """`count` deliveries, each sent 1-5 times, `callers` at a time: how many rows, messages and turns come of it."""
    chance = random.Random(11)
    numbers = [number for number in range(count) for _ in range(chance.randint(1, 5))]
    chance.shuffle(numbers)
    with receiver(database) as hook:
        load = drive(hook.url, map(hook.delivery, numbers), callers, lambda: False)
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


def _numbered(hook: Hook) -> Iterator[Delivery]:
    return map(hook.delivery, count_up(1))


def _under_load(hook: Hook, numbers: Iterator[Delivery], module: str, seconds: float, **settings: str) -> Figures:
    """Another server over the same ledger, called in the same way."""
    with serving(hook.settings.model_copy(update=settings), module) as server:
        url = f"{server}{urlsplit(hook.url).path}"
        drive(url, numbers, CONNECTIONS, after(WARM_UP_SECONDS))
        return drive(url, numbers, CONNECTIONS, after(seconds)).as_dict()


def _ratio(ours: Figures, theirs: Figures) -> float:
    return round(ours["events_per_s"] / theirs["events_per_s"], 3)


def _count(hook: Hook, table: Any) -> int:
    with hook.db.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())
