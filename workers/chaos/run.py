"""A run from start to end: followers write, the stack suffers, and the network is held against the ledger."""

import asyncio
import os
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from engage.errors import ConfigError
from workers import postgres
from workers.chaos import census, judge
from workers.chaos.model import Model, marked
from workers.chaos.proxy import Odds, Proxy
from workers.chaos.rolling import Rolling
from workers.chaos.theatre import LEASE_SECONDS, Theatre, opened, questions, second_worker
from workers.chaos.violence import Say, Violence
from workers.demo import account, stage
from workers.postgres import Postgres

SURFACES = ("comment", "comment", "comment", "dm", "dm", "live")
EVENTS_PER_SECOND = 12.0
RESTART_SECONDS = 12.0  # what one rolling restart takes: followers write as long as there are some to come
SETTLE_SECONDS = 420.0
# One send in ten ends badly after the platform has posted. The read-back lag is drawn anew every few seconds.
DIALS = {"reply_5xx_after": 0.04, "reply_reset_after": 0.04, "reply_timeout_after": 0.02, "timeout_s": 15.0}
CALM = dict.fromkeys(("reply_5xx_after", "reply_reset_after", "reply_timeout_after"), 0.0)
ODDS = Odds(reset=0.01, half_close=0.005, delay=0.1, longest_delay_s=0.5)
OWN_SERVER = "pg"  # as a database: a PostgreSQL that lives for this run
LONGEST_LAG = 4.5  # seconds; the accounts say 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what."""

    events: int = 1500
    kills: int = 20
    flushes: int = 1
    freezes: int = 0
    freeze_seconds: float = 60.0
    database_stops: int = 0
    restarts: int = 0
    proxy: bool = True
    settle: str = "key"
    database: str = ""
    seed: int = 1

    @property
    def seconds(self) -> float:
        """How long followers write."""
        return max(self.events / EVENTS_PER_SECOND, self.restarts * RESTART_SECONDS)


def run(plan: Plan, say: Say) -> dict[str, Any]:
    """Everything in a temporary home; it ends with the run.

    Raises ConfigError for a database that may not be stopped, EngageError where the stack does not start.
    """
    if plan.database_stops and plan.database != OWN_SERVER:
        fix = f"Add --database {OWN_SERVER}: a PostgreSQL of its own"
        raise ConfigError("only a server of its own is stopped", key="--db-stops", place="engage chaos", fix=fix)
    load = os.getloadavg()[0]
    start = time.monotonic()
    with ExitStack() as stack:
        server = stack.enter_context(postgres.running()) if plan.database == OWN_SERVER else None
        url = server.url if server else plan.database
        model = stack.enter_context(Model())
        chosen = {
            "lease": LEASE_SECONDS,
            "debounce": 0.2,
            "log_level": "WARNING",
            "model": "openai:chaos",
            "model_base_url": model.url,
            "model_api_key": "none",
            **({"database_url": url} if url else {}),
        }
        on = stack.enter_context(stage.running(**chosen))
        second = stack.enter_context(second_worker(on))
        found = asyncio.run(_perform(on, second, plan, server, model, say))
        backend = on.db.url.get_backend_name()
    return {
        **found,
        "settle": plan.settle,
        "database": backend,
        "seed": plan.seed,
        "seconds": round(time.monotonic() - start, 1),
        "load_average": round(load, 2),
    }


async def _perform(
    on: stage.Stage, second: int, plan: Plan, server: Postgres | None, model: Model, say: Say
) -> dict[str, Any]:
    chance = random.Random(plan.seed)
    async with (
        Proxy(on.sandbox, ODDS if plan.proxy else Odds(0, 0, 0), chance) as proxy,
        opened(on, plan.settle, chance, second, proxy.url, model) as theatre,
    ):
        await theatre.net.faults(**DIALS, idempotency_keys=plan.settle == "key")
        violence, rolling = Violence(theatre, say), Rolling(theatre)
        written: list[str] = []
        lag = asyncio.create_task(_change_lag(theatre))
        suffering = (_suffer(violence, plan, server), _restart(rolling, plan, say))
        await asyncio.gather(_write(theatre, plan, written, say), *suffering)
        lag.cancel()
        await theatre.net.faults(**CALM)
        proxy.calm()
        say("all written; waiting until nothing moves")
        await _settle(theatre)
        exits = {"restarts": len(rolling.exits_s), "slowest_exit_s": max(rolling.exits_s, default=None)}
        found = await _judge(theatre, violence, written)
        return {**found, **exits, "late_exits": rolling.late, "network": dict(proxy.counts)}


async def _write(theatre: Theatre, plan: Plan, written: list[str], say: Say) -> None:
    asked = questions()
    for number in range(plan.events):
        creator = theatre.creators[number % 3 == 2]
        surface = theatre.chance.choice(SURFACES)
        where = {"post_id": theatre.posts[creator]} if surface == "comment" else {}
        who = f"f_{number}"
        text = marked(asked[number % len(asked)], who)
        message = {"creator": creator, "surface": surface, "follower": who, "text": text, **where}
        written.append((await theatre.net.write(**message))["id"])
        if number % 250 == 249:
            say(f"{number + 1} of {plan.events} written")
        await asyncio.sleep(plan.seconds / plan.events)


async def _suffer(violence: Violence, plan: Plan, server: Postgres | None) -> None:
    """Kills spread over the writing, and the rest spread over the kills."""
    steps = max(1, plan.kills)
    spread = plan.seconds / (steps + 1)
    flush_at, freeze_at, stop_at = (_places(n, steps) for n in (plan.flushes, plan.freezes, plan.database_stops))
    frozen = []
    for number in range(steps):
        await asyncio.sleep(spread)
        if number in flush_at:
            await violence.empty_redis()
        if number in stop_at and server is not None:
            await violence.stop_database(server)
        if number in freeze_at:
            frozen.append(asyncio.create_task(violence.freeze(plan.freeze_seconds)))
        if number < plan.kills:
            await violence.kill(number)
    await asyncio.gather(*frozen)


async def _restart(rolling: Rolling, plan: Plan, say: Say) -> None:
    for number in range(plan.restarts):
        await rolling.restart(number)
        say(f"SIGTERM, {number + 1} of {plan.restarts}: over in {rolling.exits_s[-1:]} s, and its successor works")


def _places(count: int, steps: int) -> set[int]:
    """`count` of `steps`, evenly."""
    return {int((n + 1) * steps / (count + 1)) for n in range(count)}


async def _change_lag(theatre: Theatre) -> None:
    while True:
        await theatre.net.faults(readback_lag_s=round(theatre.chance.uniform(0, LONGEST_LAG), 2))
        await asyncio.sleep(3)


async def _settle(theatre: Theatre) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if not (await theatre.net.stats())["webhooks"]["pending"] and await theatre.read(judge.is_over):
            return
        await asyncio.sleep(0.25)


async def _judge(theatre: Theatre, violence: Violence, written: list[str]) -> dict[str, Any]:
    unsettled = await theatre.read(judge.uncertain)
    called_again = await theatre.read(census.called_again(theatre.model.calls))
    again = await theatre.read(judge.written_twice) + len(called_again)
    known = await theatre.read(account.fates)
    found = judge.verdict(written, await theatre.net.messages(), known, len(unsettled), again)
    return {
        **found,
        "resume_s": max(violence.resumed_s, default=None),
        "resumed_s": violence.resumed_s,
        "kills": dict(violence.kills),
        "kills_by_gap": dict(violence.left),
        "missed_gaps": dict(violence.missed),
        "flushes": violence.flushes,
        "freezes": violence.freezes,
        "database_stops": violence.database_stops,
        "written_twice": again,
        "model_called_again": called_again,
        "uncertain_replies": unsettled,
        "violations": (await theatre.net.stats())["violations"],
    }
