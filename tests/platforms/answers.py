"""How soon each route answers a genuine call. `python -m tests.platforms.answers --rate 200 --seconds 10`.

Calls start on time whether or not earlier ones were answered, from this process, which also runs the receiver; each is
a delivery of its own and is committed before its 2xx. A call of `douyin-live` is a push of `--comments` live comments,
each a delivery. Prints JSON: for each case p50, p99 and the longest in milliseconds, and the load of the machine.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, select

from connectors import http
from engage.ledger.tables import deliveries
from tests.platforms.routes import Routes, called, kit, routes
from workers import webhooks
from workers.runtime import utc_now


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of genuine call: a body and its headers for each number."""

    name: str
    platform: str
    body: Callable[[int], bytes]
    headers: Callable[[int, bytes], Mapping[str, str]]


def cases(house: Routes, comments: int) -> Sequence[Case]:
    """An event of every platform, and what one of them signs in another way. comments: of one live push."""
    events = [Case(name, name, partial(body_of, name), partial(headers_of, house, name)) for name in called()]
    return [*events, Case("douyin-live", "douyin", partial(live_body, comments), live_headers)]


def body_of(platform: str, number: int) -> bytes:
    """A delivery; another one for another number."""
    make = getattr(kit(platform), "body", None)
    return make(f"d{number}") if make else json.dumps({"text": "hello", "id": f"d{number}"}).encode()


def headers_of(house: Routes, platform: str, number: int, body: bytes) -> Mapping[str, str]:
    return house.headers(platform, f"d{number}", body)


def live_body(comments: int, number: int) -> bytes:
    """A push of so many live comments; others for another number."""
    return bytes(kit("douyin").live_body(f"d{number}", comments))


def live_headers(number: int, body: bytes) -> Mapping[str, str]:
    tools = kit("douyin")
    return dict(tools.sign_live(tools.LIVE_SECRETS[0], tools.live_headers(utc_now()), body))


async def measure(house: Routes, case: Case, rate: int, seconds: float) -> dict[str, Any]:
    """One case at a steady rate."""
    url = f"{house.client.base_url}".rstrip("/") + house.path(case.platform)
    count = int(rate * seconds)
    bodies = [case.body(n) for n in range(count)]
    signed = [case.headers(n, body) for n, body in enumerate(bodies)]
    times: list[float] = []
    statuses: dict[int, int] = {}
    async with http.session(url) as session:

        async def call(n: int, at: float) -> None:
            headers = {"content-type": "application/json", **signed[n]}
            async with session.post(url, data=bodies[n], headers=headers) as answer:
                await answer.read()
            times.append((time.perf_counter() - at) * 1000)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1

        began, calls = time.perf_counter(), []
        for n in range(count):
            at = began + n / rate
            await asyncio.sleep(max(0, at - time.perf_counter()))
            calls.append(asyncio.create_task(call(n, at)))
        await asyncio.gather(*calls)
    times.sort()
    p50, p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
    figures = {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "longest_ms": round(times[-1], 1)}
    return {**figures, "calls": count, "statuses": statuses}


def committed(house: Routes) -> int:
    """How many deliveries the ledger has."""
    with house.runtime.db.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(deliveries)).scalar_one())


def main(rate: int, seconds: float, only: str, comments: int) -> dict[str, Any]:
    """Every case, one after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, routes(Path(folder)) as house:
        webhooks.warm_up(house.runtime)
        for case in cases(house, comments):
            if only in ("", case.name):
                before = committed(house)
                measured = asyncio.run(measure(house, case, rate, seconds))
                found[case.name] = {**measured, "committed": committed(house) - before}
    return {"rate": rate, "seconds": seconds, "load": os.getloadavg()[0], "routes": found}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", default="")
    parser.add_argument("--comments", type=int, default=10)
    given = parser.parse_args()
    json.dump(main(given.rate, given.seconds, given.only, given.comments), sys.stdout, indent=1)
