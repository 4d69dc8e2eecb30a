"""Half an hour at a steady rate: does memory stay, does anything queue up?"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from engage.ledger import gauges
from engage.ledger.tables import messages, replies, turns
from workers.bench import cpu
from workers.bench.pipeline import WARM_UP, Bench, Plan, Say, gathered, opened
from workers.demo import stage
from workers.demo.account import OPEN
from workers.runtime import utc_now

LOOK_EVERY_S = 1.0
SETTLED_BY = 0.1  # of the time: caches fill and pools grow until then, and nothing may grow after
SETTLE_SECONDS = 180.0
FOREIGN = ("database",)  # its shared memory fills up with the tables, as it is told to


@dataclass(slots=True)
class Watch:
    """What was seen, look by look."""

    ages_s: list[float] = field(default_factory=list)
    resident_mb: list[Counter[str]] = field(default_factory=list)

    async def look(self, bench: Bench) -> None:
        """Once a second until cancelled."""
        while True:
            queues = await bench.crowd.on.db.read(gauges.queues, utc_now())
            self.ages_s.append(max(queue.oldest.total_seconds() for queue in queues.values()))
            self.resident_mb.append(await asyncio.to_thread(cpu.resident_mb, bench.roots))
            await asyncio.sleep(LOOK_EVERY_S)

    def figures(self) -> dict[str, Any]:
        """Memory when it had settled and at the end, and how old what waited was."""
        early, late = self.resident_mb[int(len(self.resident_mb) * SETTLED_BY)], self.resident_mb[-1]
        before, after = _own(early), _own(late)
        ages = sorted(self.ages_s)
        return {
            "rss_growth": round(after / before - 1, 4),
            "rss_mb_settled": before,
            "rss_mb_end": after,
            "rss_mb_settled_by_process": _rounded(early),
            "rss_mb_end_by_process": _rounded(late),
            "queue_age_p95_s": round(ages[int(len(ages) * 0.95)], 2),
            "queue_age_max_s": round(ages[-1], 2),
        }


def measure(minutes: float, rate: float, plan: Plan, say: Say) -> dict[str, Any]:
    """`rate` messages a second for so long. Raises EngageError where the stack does not start."""
    load = os.getloadavg()[0]
    with opened(plan) as (on, roots):
        found = asyncio.run(_perform(on, roots, minutes, rate, plan, say))
    return {"minutes": minutes, "per_s": rate, **found, "load_average": round(load, 2)}


async def _perform(
    on: stage.Stage, roots: tuple[int, ...], minutes: float, rate: float, plan: Plan, say: Say
) -> dict[str, Any]:
    names = [f"creator_{number}" for number in range(plan.creators)]
    async with gathered(on, roots, names) as bench:
        say("warming up")
        warm = await bench.crowd.write_within(WARM_UP, plan.window)
        await stage.settled(on, bench.crowd.net, SETTLE_SECONDS)
        say(f"{rate:g} messages a second for {minutes:g} minutes")
        watch = Watch()
        looking = asyncio.create_task(watch.look(bench))
        written = await bench.crowd.write_at(rate, minutes * 60)
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await stage.settled(on, bench.crowd.net, SETTLE_SECONDS)
        stats = await bench.crowd.net.stats()
        lost = await on.db.read(_lost(len(warm) + len(written), stats["answered"]))
        return {
            "messages": len(written),
            "replies": stats["replies"] - len(warm),
            "lost": lost,
            "duplicates": stats["duplicate_replies"],
            "p50_ms": round((stats["latency"]["p50_s"] or 0) * 1000, 1),
            "p95_ms": round((stats["latency"]["p95_s"] or 0) * 1000, 1),
            **watch.figures(),
        }


def _lost(written: int, visible: int) -> Callable[[Connection], int]:
    """Messages that never came into the ledger, turns without an end, replies that are "sent" and that nobody sees."""

    def count(tx: Connection) -> int:
        known = tx.execute(select(func.count()).where(messages.c.author != "creator")).scalar_one()
        unended = tx.execute(select(func.count()).where(turns.c.state.in_(OPEN))).scalar_one()
        sent = tx.execute(select(func.count()).where(replies.c.state == "sent")).scalar_one()
        return int(written - known + unended + max(0, sent - visible))

    return count


def _own(resident: Counter[str]) -> float:
    return round(sum(mb for kind, mb in resident.items() if kind not in FOREIGN), 1)


def _rounded(resident: Counter[str]) -> dict[str, float]:
    return {kind: round(mb, 1) for kind, mb in resident.items()}
