"""A run from start to end: followers write, the stack suffers, and the network is held against the ledger."""

import asyncio
import os
import random
import time
from dataclasses import dataclass
from typing import Any

from workers.chaos import judge
from workers.chaos.theatre import LEASE_SECONDS, Theatre, opened, questions, second_worker
from workers.chaos.violence import Say, Violence
from workers.demo import account, stage

SURFACES = ("comment", "comment", "comment", "dm", "dm", "live")
EVENTS_PER_SECOND = 12.0
SETTLE_SECONDS = 420.0
# One send in ten ends badly after the platform has posted. The read-back lag is drawn anew every few seconds.
DIALS = {"reply_5xx_after": 0.04, "reply_reset_after": 0.04, "reply_timeout_after": 0.02, "timeout_s": 15.0}
CALM = dict.fromkeys(("reply_5xx_after", "reply_reset_after", "reply_timeout_after"), 0.0)
LONGEST_LAG = 4.5  # seconds; the accounts say 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what."""

    events: int = 1500
    kills: int = 20
    flushes: int = 1
    freezes: int = 0
    freeze_seconds: float = 60.0
    settle: str = "key"
    database: str = ""
    seed: int = 1


def run(plan: Plan, say: Say) -> dict[str, Any]:
    """Everything in a temporary home; it ends with the run. Raises EngageError where the stack does not start."""
    load = os.getloadavg()[0]
    chosen = {"lease": LEASE_SECONDS, "debounce": 0.2, "log_level": "WARNING"}
    if plan.database:
        chosen["database_url"] = plan.database
    start = time.monotonic()
    with stage.running(**chosen) as on, second_worker(on) as second:
        found = asyncio.run(_perform(on, second, plan, say))
    return {
        **found,
        "settle": plan.settle,
        "database": "postgresql" if plan.database.startswith("postgresql") else "sqlite",
        "seed": plan.seed,
        "seconds": round(time.monotonic() - start, 1),
        "load_average": round(load, 2),
    }


async def _perform(on: stage.Stage, second: int, plan: Plan, say: Say) -> dict[str, Any]:
    async with opened(on, plan.settle, random.Random(plan.seed), second) as theatre:
        await theatre.net.faults(**DIALS, idempotency_keys=plan.settle == "key")
        violence = Violence(theatre, say)
        written: list[str] = []
        lag = asyncio.create_task(_change_lag(theatre))
        await asyncio.gather(_write(theatre, plan, written, say), _suffer(violence, plan))
        lag.cancel()
        await theatre.net.faults(**CALM)
        say("all written; waiting until nothing moves")
        await _settle(theatre)
        return await _judge(theatre, violence, written)


async def _write(theatre: Theatre, plan: Plan, written: list[str], say: Say) -> None:
    asked = questions()
    for number in range(plan.events):
        creator = theatre.creators[number % 3 == 2]
        surface = theatre.chance.choice(SURFACES)
        where = {"post_id": theatre.posts[creator]} if surface == "comment" else {}
        text = asked[number % len(asked)]
        message = {"creator": creator, "surface": surface, "follower": f"f_{number}", "text": text, **where}
        written.append((await theatre.net.write(**message))["id"])
        if number % 250 == 249:
            say(f"{number + 1} of {plan.events} written")
        await asyncio.sleep(1 / EVENTS_PER_SECOND)


async def _suffer(violence: Violence, plan: Plan) -> None:
    """Kills spread over the writing, Redis and freezes between them."""
    steps = max(1, plan.kills)
    spread = plan.events / EVENTS_PER_SECOND / (steps + 1)
    flush_at = {int((n + 1) * steps / (plan.flushes + 1)) for n in range(plan.flushes)}
    freeze_at = {int((n + 1) * steps / (plan.freezes + 1)) for n in range(plan.freezes)}
    frozen = []
    for number in range(steps):
        await asyncio.sleep(spread)
        if number in flush_at:
            await violence.empty_redis()
        if number in freeze_at:
            frozen.append(asyncio.create_task(violence.freeze(plan.freeze_seconds)))
        if number < plan.kills:
            await violence.kill(number)
    await asyncio.gather(*frozen)


async def _change_lag(theatre: Theatre) -> None:
    while True:
        await theatre.net.faults(readback_lag_s=round(theatre.chance.uniform(0, LONGEST_LAG), 2))
        await asyncio.sleep(3)


async def _settle(theatre: Theatre) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if not (await theatre.net.stats())["webhooks"]["pending"] and await theatre.on.db.read(judge.is_over):
            return
        await asyncio.sleep(0.25)


async def _judge(theatre: Theatre, violence: Violence, written: list[str]) -> dict[str, Any]:
    db = theatre.on.db
    unsettled = await db.read(judge.uncertain)
    again = await db.read(judge.written_twice)
    known = await db.read(account.fates)
    found = judge.verdict(written, await theatre.net.messages(), known, len(unsettled), again)
    return {
        **found,
        "resume_s": max(violence.resumed_s, default=None),
        "kills": dict(violence.kills),
        "missed_gaps": dict(violence.missed),
        "flushes": violence.flushes,
        "freezes": violence.freezes,
        "written_twice": again,
        "uncertain_replies": unsettled,
        "violations": (await theatre.net.stats())["violations"],
    }
