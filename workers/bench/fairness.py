"""What a flood on one creator does to the others: the whole stack, 1,000 messages a second to one, 999 quiet ones."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from engage.ledger.tables import accounts, deliveries, followers, replies, spendings, turns
from engage.models import Persona
from engage.secrets import Vault
from workers.bench import cpu, pipeline, village
from workers.bench.crowd import Crowd, Outcome, outcome
from workers.bench.flood import Flood
from workers.bench.pipeline import Plan, Say
from workers.bench.stages import stages
from workers.demo import account, content, stage
from workers.demo.network import Network

HOT = "hot"
SETTLE_SECONDS = 120.0
WARM_UP_PER_S = 100.0
WARM_UP_ROUNDS = 4  # a creator is new to each worker once; the flood would be measured against that
IN_TIME = 2  # times the quiet p95 of before: a reply that took longer counts as not served


@dataclass(frozen=True, slots=True)
class Scene:
    """creators: all of them. flood, quiet: messages a second, of the one and of the others together.

    one_follower: the flood is one follower's.
    """

    creators: int = 1000
    flood: float = 1000
    quiet: float = 33
    seconds: float = 30
    workers: int = 2
    model_ms: float = 800
    database: str = "pg"
    one_follower: bool = False


def measure(scene: Scene, say: Say = lambda _: None) -> dict[str, Any]:
    """Quiet creators' waits from their follower's message to the visible reply, before and during the flood."""
    load = os.getloadavg()[0]
    plan = Plan(model_ms=scene.model_ms, workers=scene.workers, database=scene.database)
    with pipeline.opened(plan) as (on, roots):
        found = asyncio.run(_perform(on, roots, scene, say))
    return {**found, "creators": scene.creators, "flood_per_s": scene.flood, "load_average": round(load, 2)}


async def _perform(on: stage.Stage, roots: tuple[int, ...], scene: Scene, say: Say) -> dict[str, Any]:
    names = [f"quiet_{number}" for number in range(scene.creators - 1)]
    async with Network(on.sandbox) as net:
        say(f"{scene.creators} creators")
        personas = village.settle(on, [*names, HOT])
        await stage.connect(on, net, {name: personas[name] for name in names})
        flood = await _flood(on, net, personas[HOT], "hot_one" if scene.one_follower else "")
        await stage.ready(on)
        await asyncio.to_thread(village.index, on, personas)
        posts = {name: await net.publish(name, "ask me anything") for name in names}
        crowd = Crowd(on, net, posts, village.questions(), random.Random(7), surfaces=("comment",))
        say(f"every quiet creator is asked {WARM_UP_ROUNDS} times, to warm up")
        await _judged(on, net, await crowd.write_at(WARM_UP_PER_S, WARM_UP_ROUNDS * len(names) / WARM_UP_PER_S))
        say(f"{scene.seconds:g} s of quiet")
        cpu_calm = cpu.spent(roots)
        calm = await crowd.write_at(scene.quiet, scene.seconds)
        cpu_calm = cpu.spent(roots) - cpu_calm
        before = await _judged(on, net, calm)
        memory_before, cpu_before = _own(cpu.resident_mb(roots)), cpu.spent(roots)
        say(f"{scene.seconds:g} s of flood")
        _, written = await asyncio.gather(
            flood.pour(scene.flood, scene.seconds), crowd.write_at(scene.quiet, scene.seconds)
        )
        memory_after, cpu_after = _own(cpu.resident_mb(roots)), cpu.spent(roots)
        during = await _judged(on, net, written)
        hot = await on.db.read(_hot, personas[HOT].id)
        stages_before, stages_during = await on.db.read(stages, calm), await on.db.read(stages, written)
        in_time = before.quantile_ms(0.95) / 1000 * IN_TIME
        served = await _served(net, written, in_time)
    p95_before, p95_during = before.quantile_ms(0.95), during.quantile_ms(0.95)
    return {
        "quiet_p95_before_ms": p95_before,
        "quiet_p95_during_ms": p95_during,
        "ratio": round(p95_during / p95_before, 3) if p95_before else 0.0,
        "jain_index": round(jain(served), 4),
        "quiet_p50_before_ms": before.quantile_ms(0.5),
        "quiet_p50_during_ms": during.quantile_ms(0.5),
        "quiet_messages": during.messages,
        "quiet_lost": before.lost + during.lost,
        "stages_before_ms": stages_before,
        "stages_during_ms": stages_during,
        "hot": {"sent": flood.sent, "refused": flood.refused, **hot},
        "cpu_s_before": _rounded(cpu_calm),
        "cpu_s_during": _rounded(cpu_after - cpu_before),
        "memory_mb_before": _rounded(memory_before),
        "memory_mb_after": _rounded(memory_after),
        "memory_growth": round(memory_after.total() / memory_before.total() - 1, 3),
    }


async def _flood(on: stage.Stage, net: Network, persona: Persona, follower: str) -> Flood:
    """The hot creator: the network has no address for their events, this process delivers them."""
    made = await net.connect(HOT, persona.display_name)
    account_id = content.connect_account(on.db, Vault.at(on.settings.directory), persona, on.sandbox, made)
    post = await net.publish(HOT, "ask me anything")
    hook = f"{on.stack.webhooks}/hooks/sandbox/{account_id}"
    return Flood(net, HOT, made, post, hook, village.questions(), follower)


async def _judged(on: stage.Stage, net: Network, written: list[str]) -> Outcome:
    """Once nothing of the quiet creators moves any more, or SETTLE_SECONDS later: what is open then is lost."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (await net.stats())["webhooks"]["pending"] or await on.db.read(_open):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.2)
    return outcome(written, await net.messages(), await on.db.read(account.fates))


def _open(tx: Connection) -> int:
    """How much of the quiet creators' is not finished."""
    quiet = select(accounts.c.id).where(accounts.c.handle != HOT)
    open_ = [
        (deliveries, deliveries.c.state == "received"),
        (turns, turns.c.state.in_(account.OPEN)),
        (replies, replies.c.state.in_(account.UNPOSTED)),
    ]
    queries = (select(func.count()).where(state, table.c.account_id.in_(quiet)) for table, state in open_)
    return sum(int(tx.execute(query).scalar_one()) for query in queries)


def _hot(tx: Connection, creator_id: str) -> dict[str, int]:
    """What the flood became: every message is a delivery, a turn once it was taken in, or answered."""
    mine = select(accounts.c.id).where(accounts.c.creator_id == creator_id).scalar_subquery()
    committed = select(func.count()).select_from(deliveries).where(deliveries.c.account_id == mine)
    taken_in = select(func.count()).select_from(turns).where(turns.c.creator_id == creator_id)
    answered = select(func.count()).where(replies.c.creator_id == creator_id, replies.c.state == "sent")
    whose = select(followers.c.id).where(followers.c.account_id == mine)
    calls = select(func.coalesce(func.sum(spendings.c.calls), 0)).where(spendings.c.holder.in_(whose))
    queries = {"committed": committed, "taken_in": taken_in, "answered": answered, "model_calls": calls}
    return {name: int(tx.execute(query).scalar_one()) for name, query in queries.items()}


async def _served(net: Network, written: Sequence[str], in_time: float) -> list[float]:
    """Of each quiet creator that was asked: the share of their messages that got a reply within `in_time` seconds."""
    shown = {row["id"]: row for row in await net.messages()}
    asked, served = Counter[str](), Counter[str]()
    for message_id in written:
        row = shown[message_id]
        whose = row["creator"]
        asked[whose] += 1
        served[whose] += _wait(row) <= in_time
    return [served[whose] / count for whose, count in asked.items()]


def _wait(row: dict[str, Any]) -> float:
    """Seconds until the first visible reply; endless where there is none. Pure."""
    seen = [datetime.fromisoformat(one["sent_at"]) for one in row["replies"] if not one["deleted"]]
    return (min(seen) - datetime.fromisoformat(row["sent_at"])).total_seconds() if seen else float("inf")


def _own(memory: "Counter[str]") -> "Counter[str]":
    """Without the database's: its shared pages fill with the tables, as it is told to, and are counted every time."""
    return Counter({kind: held for kind, held in memory.items() if kind != "database"})


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in figures.items()}


def jain(shares: Sequence[float]) -> float:
    """Jain's index: 1 where all get the same, 1/n where one gets everything. Pure."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0
