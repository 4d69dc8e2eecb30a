"""How soon each route answers a genuine call. `python -m tests.platforms.answers --rate 200 --seconds 10`.

Calls start on time whether or not earlier ones were answered, from this process, which also runs the receiver; each is
a delivery of its own and is committed before its 2xx. Prints JSON: for each platform p50 and p99 in milliseconds, and
the load of the machine.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import structlog

from connectors import http
from tests.platforms.routes import Routes, called, kit, routes


def body_of(platform: str, number: int) -> bytes:
    """A delivery; another one for another number."""
    make = getattr(kit(platform), "body", None)
    return make(f"d{number}") if make else json.dumps({"text": "hello", "id": f"d{number}"}).encode()


async def measure(house: Routes, platform: str, rate: int, seconds: float) -> dict[str, Any]:
    """One route at a steady rate."""
    url = f"{house.client.base_url}".rstrip("/") + house.path(platform)
    count = int(rate * seconds)
    bodies = [body_of(platform, n) for n in range(count)]
    signed = [house.headers(platform, f"d{n}", body) for n, body in enumerate(bodies)]
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
    return {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "calls": count, "statuses": statuses}


def main(rate: int, seconds: float, only: str) -> dict[str, Any]:
    """Every route, one after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, routes(Path(folder)) as house:
        for platform in called():
            if only in ("", platform):
                found[platform] = asyncio.run(measure(house, platform, rate, seconds))
    return {"rate": rate, "seconds": seconds, "load": os.getloadavg()[0], "routes": found}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    json.dump(main(given.rate, given.seconds, given.only), sys.stdout, indent=1)
