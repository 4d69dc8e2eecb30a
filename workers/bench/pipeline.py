"""Sandbox webhook in, reply on the network out: all processes, a mock model over real HTTP, a real database."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from engage.ledger import creators
from engage.ledger.tables import passages
from engage.memory.library import import_paths
from engage.models import Persona
from workers.bench import cpu, model
from workers.bench.crowd import SURFACES, Crowd, Outcome, outcome
from workers.bench.stage import BenchFailed
from workers.bench.stages import stages
from workers.demo import account, content, stage
from workers.demo.network import Network
from workers.postgres import running as postgres

FOLDER = content.CONFIG / "creators" / "tilly"
OWN_SERVER = "pg"  # as a database: a PostgreSQL that lives for this run
SETTLE_SECONDS = 180.0
Say = Callable[[str], None]
BURSTS = ((300, 20), (100, 1))  # messages at once, in so many live chats
WARM_UP = 1000  # messages before anything is measured: imports, connections, caches


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    replies: at full speed, at most `window` of them unanswered at a time. rate: messages a second of a second phase,
    whose latency is reported. creators: among whom the messages go round.
    """

    model_ms: float = 800
    replies: int = 5000
    window: int = 600
    rate: float = 100
    rate_seconds: float = 30
    creators: int = 20
    workers: int = 2
    database: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """A running stack, its crowd, and the processes that are Engage's."""

    crowd: Crowd
    roots: tuple[int, ...]

    async def judged(self, written: list[str]) -> Outcome:
        """Once nothing moves any more. Raises BenchFailed where that takes too long."""
        on, net = self.crowd.on, self.crowd.net
        if not await stage.settled(on, net, SETTLE_SECONDS):
            raise BenchFailed(f"something is still open after {SETTLE_SECONDS:g} s")
        known = await on.db.read(account.fates)
        return outcome(written, await net.messages(), known)


def measure(plan: Plan, say: Say = lambda _: None) -> dict[str, Any]:
    """The figures of CONTRACTS; `p50_ms` and `p95_ms` are those at `rate` messages a second.

    say: told what is being done. Raises EngageError where the stack does not start or what it does has no end.
    """
    load = os.getloadavg()[0]
    with opened(plan) as (on, roots):
        found = asyncio.run(_perform(on, roots, plan, say))
        backend = on.db.url.get_backend_name()
    return {**found, "workers": plan.workers, "database": backend, "load_average": round(load, 2)}


@contextmanager
def opened(plan: Plan, **settings: Any) -> Iterator[tuple[stage.Stage, tuple[int, ...]]]:
    """The stack, and the pids whose trees are Engage's: the supervisor's and the database's."""
    with ExitStack() as stack:
        url, roots = stack.enter_context(_database(plan.database))
        address = stack.enter_context(model.running(plan.model_ms))
        chosen = {
            "workers": plan.workers,
            "concurrency": 512,
            "debounce": 0,
            "log_level": "WARNING",
            "model": "openai:mock",
            "model_base_url": address,
            "model_api_key": "none",
            **({"database_url": url} if url else {}),
            **settings,
        }
        on = stack.enter_context(stage.running(**chosen))
        yield on, (on.stack.pid, *roots)


@contextmanager
def _database(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    if name != OWN_SERVER:
        yield name, ()
        return
    with postgres() as server:
        yield server.url, (server.pid,)


@asynccontextmanager
async def gathered(on: stage.Stage, roots: tuple[int, ...], names: list[str], **crowd: Any) -> AsyncIterator[Bench]:
    """Creators with the same words, each with an account of their own, and a crowd that writes to them."""
    chance = random.Random(7)
    async with Network(on.sandbox) as net:
        personas = {name: _creator(on, name) for name in names}
        await stage.connect(on, net, personas)
        await stage.ready(on)
        await _indexed(on)
        posts = {name: await net.publish(name, "ask me anything") for name in names}
        asked = [row["question"] for row in content.lines(FOLDER / "faq.jsonl")]
        yield Bench(Crowd(on, net, posts, asked, chance, **crowd), roots)


async def _indexed(on: stage.Stage) -> None:
    """Every passage has its vector. Raises BenchFailed where that takes too long."""
    late = select(func.count()).where(passages.c.indexed_at.is_(None))
    deadline = time.monotonic() + SETTLE_SECONDS
    while await on.db.read(lambda tx: tx.execute(late).scalar_one()):
        if time.monotonic() > deadline:
            raise BenchFailed(f"there are passages without vectors after {SETTLE_SECONDS:g} s")
        await asyncio.sleep(0.2)


def _creator(on: stage.Stage, name: str) -> Persona:
    with on.db.transaction() as tx:
        persona = creators.add_creator(tx, replace(content.read_persona(FOLDER), name=name), datetime.now(UTC))
    import_paths(on.db, persona.id, [FOLDER / word for word in content.WORDS])
    return persona


async def _perform(on: stage.Stage, roots: tuple[int, ...], plan: Plan, say: Say) -> dict[str, Any]:
    names = [f"creator_{number}" for number in range(plan.creators)]
    async with gathered(on, roots, names, surfaces=SURFACES) as bench:
        say("warming up")
        await bench.judged(await bench.crowd.write_within(WARM_UP, plan.window))
        before = cpu.spent(roots)
        say(f"{plan.replies} messages, at most {plan.window} of them unanswered")
        written = await bench.crowd.write_within(plan.replies, plan.window)
        fast = await bench.judged(written)
        after = cpu.spent(roots)
        say(f"{plan.rate:g} messages a second for {plan.rate_seconds:g} s")
        steady = await bench.judged(await bench.crowd.write_at(plan.rate, plan.rate_seconds))
        bursts = {}
        for messages, rooms in BURSTS:
            say(f"{messages} messages at once in {rooms} live chats")
            bursts[f"{messages}_in_{rooms}"] = _burst(await bench.judged(await bench.crowd.write(messages, rooms)))
        return {
            "replies_per_s": fast.per_second,
            "p50_ms": steady.quantile_ms(0.5),
            "p95_ms": steady.quantile_ms(0.95),
            "cpu_ms_per_reply": round(sum(_each(before, after, fast.replies).values()), 2),
            "lost": fast.lost + steady.lost,
            "duplicates": fast.duplicates + steady.duplicates,
            "messages": fast.messages + steady.messages,
            "replies": fast.replies + steady.replies,
            "at_full_speed": {
                "seconds": round(fast.seconds, 1),
                "p50_ms": fast.quantile_ms(0.5),
                "p95_ms": fast.quantile_ms(0.95),
                "stages_ms": await on.db.read(stages, written),
                "cpu_ms_by_process": _each(before, after, fast.replies),
            },
            "bursts": bursts,
            "at_rate": {"per_s": plan.rate, "seconds": plan.rate_seconds, "replies": steady.replies},
            "rss_mb": round(cpu.resident_mb(roots).total(), 1),
        }


def _burst(of: Outcome) -> dict[str, float]:
    """accounted: answered, skipped, escalated or ended otherwise, with a card that says why."""
    return {
        "messages": of.messages,
        "accounted": of.messages - of.lost,
        "replies": of.replies,
        "duplicates": of.duplicates,
        "p95_ms": of.quantile_ms(0.95),
    }


def _each(before: Mapping[str, float], after: Mapping[str, float], replies: int) -> dict[str, float]:
    """Milliseconds a reply, by kind of process."""
    return {kind: round((after[kind] - before.get(kind, 0.0)) / max(1, replies) * 1000, 2) for kind in after}
