"""How much of a platform's limit is used, and how often the platform has to say 429. `python -m tests.platforms.pace`.

Followers write more than the limit allows to answer; it comes in the platform's own way, over the real listener and
receiver, and an answer to each is concluded at once. Then two workers for the queue of replies, with a real Valkey
between them, post to a simulator that counts strictly. `pace_cases.py` names the cases. Prints JSON, for each:

- `sends` in the `seconds` from the first one on, `allowed` in them, and the `share`. Allowed is what the tightest limit
  lets through in a steady stream, and where its window is longer than the time also what may go at once. Of a window of
  a quarter of an hour or more the steady stream alone is measured, from the end of what went at once.
- `rate_limited`: answers 429 of the simulator. `refused`: replies that it did not take, whatever it said (some say in a
  200 that it was too fast). `slowed`: whether we took anything for a wish to go slower. Each should be 0 or false.
- `at_best`: the share that the pacing itself aims at in a steady stream; the rest is what a burst and delays keep free.
- `enforced`: afterwards more than the limit is sent past the pacing, and the simulator should refuse; `flood` is what
  it said.

A day's plan is run to its end instead: `used` are the units as the simulator counted them.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from tenacity import AsyncRetrying, stop_after_attempt

from engage.errors import EngageError, RateLimited
from engage.ledger import quotas, sendings, tables
from engage.ledger.ids import new_id
from engage.limits import REPLY, Each, Limit
from engage.models import Outgoing
from engage.pacing.buckets import LEAD, Bucket
from engage.pacing.shared import SharedBuckets
from tests.platforms.pace_cases import CASES, DAYS, Case, Day
from tests.platforms.pace_stage import GROUP, LATER, WRITING_SECONDS, Stage, stage
from workers import valkey
from workers.runtime import utc_now

SPARE = 1.3  # more is due than the limit allows
SLOW = 900.0  # seconds of a window of which only the steady stream can be seen
STARTING_SECONDS = 60.0
QUIET_SECONDS = 3.0  # without a reply: the day's plan is spent
FLOOD, AT_ONCE = 2_000, 64


def allowed_by(limit: Limit, places: int, seconds: float) -> float:
    """What a limit lets through in this time; see the module."""
    per = limit.per.total_seconds()
    at_once = limit.burst - 1 if seconds < per < SLOW else 0
    return (limit.count * seconds / per + at_once) * (places if limit.each is Each.CONVERSATION else 1)


async def measure(case: Case, seconds: float, redis_url: str) -> dict[str, Any]:
    """One case in a home of its own."""
    with case.around(), case.start() as platform, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with stage(case, platform, Path(folder), redis_url) as here:
            known_at = await _introduce(redis_url)
            limits = await here.limits()
            limit = min(limits, key=lambda one: allowed_by(one, case.places, seconds))
            allowed = allowed_by(limit, case.places, seconds)
            await here.fill(min(case.most, int(allowed * SPARE) + limit.burst + 5))
            await asyncio.sleep(max(0.0, known_at + _until_full(limits) - time.monotonic()))
            before, began, times = case.accepted(platform), *await _post(here, limit, seconds)
            found = await here.said(before)
            flood = await _flood(here, limit, found)
    sends = len(times) - found["refused"]
    lasted = min(seconds, times[-1] - began) if found["replies"].get("due", 0) == 0 else seconds
    allowed = allowed if lasted == seconds else allowed_by(limit, case.places, lasted)
    bucket = Bucket("", limit)
    whose = "all accounts of the application" if limit.shared_by else f"each {limit.each.value}"
    return {
        "surface": case.surface.value,
        "limit": f"{limit.count} in {limit.per.total_seconds():g} s of {whose}, {limit.burst} at once",
        "seconds": round(lasted, 1),
        "sends": sends,
        "allowed": round(allowed, 1),
        "share": round(sends / allowed, 3),
        "at_best": round(limit.per.total_seconds() / bucket.interval / limit.count, 3),
        **found,
        "busiest_window": busiest(times, limit.per.total_seconds()),
        **flood,
    }


async def _introduce(redis_url: str) -> float:
    """A new Valkey takes every limit for used up: from when on it may know better."""
    shared = SharedBuckets(redis_url)
    patient = AsyncRetrying(stop=stop_after_attempt(10), reraise=True)  # a worker does not wait long for Redis
    await patient(shared.take, [[Bucket("introduction", Limit(1, timedelta(seconds=1)))]], {})
    await shared.aclose()
    return time.monotonic()


def _until_full(limits: Sequence[Limit]) -> float:
    """Seconds until everything that may go at once may."""
    quick = [Bucket("", one) for one in limits if one.per.total_seconds() < SLOW]
    return LEAD + max((one.interval * one.limit.burst for one in quick), default=0.0)


async def _post(here: Stage, limit: Limit, seconds: float) -> tuple[float, list[float]]:
    """When it began, and the times of the calls from then on."""
    here.platform.answer_counts.clear()
    already = len(here.calls())
    async with here.posting():
        await here.until(lambda: len(here.calls()) > already, "the first reply", STARTING_SECONDS)
        if limit.per.total_seconds() >= SLOW:
            pause = Bucket("", limit).interval / 2
            await here.until(lambda: time.monotonic() - here.calls()[-1] > pause, "the steady stream", STARTING_SECONDS)
            already = len(here.calls()) - 1
        began = here.calls()[already]
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
    return began, [at for at in here.calls()[already:] if at < began + seconds]


async def _flood(here: Stage, limit: Limit, found: dict[str, Any]) -> dict[str, Any]:
    """Does the simulator refuse? Replies go past the pacing, more than the limit allows."""
    if found["refused"]:
        return {"enforced": "yes"}
    if not found["replies"].get("due"):
        await here.fill(AT_ONCE)
    left = await here.runtime.db.run(sendings.claim_due, GROUP, "flood", LATER, utc_now() + LATER)
    connector = await here.runtime.connector(here.account_id)
    gate, said = asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def send(n: int, out: Outgoing) -> None:
        again = replace(out, id=f"f{n}", idempotency_key=new_id(), text=f"{out.text} And again: {n}.")
        async with gate:
            if said["limited"]:
                return
            try:
                await connector.send(again)
                said["taken"] += 1
            except RateLimited:
                said["limited"] += 1
            except EngageError:
                said["refused"] += 1

    count, began = min(FLOOD, limit.count * 2 + 1) if left else 0, time.monotonic()
    await asyncio.gather(*(send(n, left[n % len(left)].outgoing) for n in range(count)))
    took = time.monotonic() - began
    span = max(took, limit.per.total_seconds())
    shown = said["taken"] * limit.per.total_seconds() / span > limit.count
    enforced = "yes" if said["limited"] else "not enforced" if shown else "not shown"
    return {"enforced": enforced, "flood": {**said, "seconds": round(took, 2)}}


def busiest(times: Sequence[float], span: float) -> int:
    """The most replies in any span."""
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


async def spend(day: Day, redis_url: str) -> dict[str, Any]:
    """A day's plan to its end, in a home of its own."""
    case = day.case
    with case.around(), case.start() as platform, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with stage(case, platform, Path(folder), redis_url) as here:
            connector = await here.runtime.connector(here.account_id)
            budgets = quotas.budgets_of(connector.quotas, here.account_id, case.surface, utc_now())
            if day.before:
                await here.runtime.db.run(quotas.take, [[replace(budgets[0], cost=day.before)]], utc_now())
            await here.fill(day.asked)
            before = case.accepted(platform)
            platform.answer_counts.clear()
            async with here.posting():
                await here.until(here.calls, "the first reply", STARTING_SECONDS)
                await here.until(
                    lambda: time.monotonic() - here.calls()[-1] > QUIET_SECONDS, "the end", WRITING_SECONDS
                )
            found = await here.said(before)
            [row] = [row for row in await here.rows(select(tables.quotas)) if row.endpoint == REPLY]
    used = day.used(platform)
    return {
        "surface": case.surface.value,
        "units": budgets[0].units,
        "before": day.before,
        "sends": len(here.calls()),
        "planned": row.used,
        "used": used,
        "share": round(used / budgets[0].units, 3),
        **found,
    }


def main(seconds: float, only: str) -> dict[str, Any]:
    """The cases whose name begins with `only`, one after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url = stack.enter_context(valkey.running(home))
        os.environ |= {"ENGAGE_HOME": str(home), "ENGAGE_REDIS_URL": url}  # for what reads the settings of a process
        work = {case.name: partial(measure, case, seconds, url) for case in CASES}
        days = {day.case.name: partial(spend, day, url) for day in DAYS}
        for name, begin in {**work, **days}.items():
            if name.startswith(only):
                load_average = os.getloadavg()[0]
                try:
                    found[name] = asyncio.run(begin())
                except AssertionError as error:  # the others are measured all the same
                    found[name] = {"error": str(error)}
                found[name]["load"] = round(load_average, 2)
                print(name, found[name], file=sys.stderr, flush=True)  # noqa: T201
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="", help="a platform, or the name of a case")
    given = parser.parse_args()
    json.dump(main(given.seconds, given.only), sys.stdout, indent=1)
