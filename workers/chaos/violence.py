"""What is done to the stack while followers write."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import redis.asyncio
from sqlalchemy import Connection, func, select

from engage.ledger.tables import replies
from workers.chaos import census, gaps, processes
from workers.chaos.theatre import Theatre
from workers.postgres import Postgres

BACK_SECONDS = 60.0
DOWN_SECONDS = 2.0
OTHERS = ("listener", "webhooks")  # every sixth kill is one of these
CYCLE = len(gaps.GAPS) + 1
Say = Callable[[str], None]


@dataclass(slots=True)
class Violence:
    """Done so far, and how long the stack took to go on after Redis or the database was back."""

    theatre: Theatre
    say: Say
    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)  # gap → kills that left something in it
    flushes: int = 0
    freezes: int = 0
    database_stops: int = 0
    resumed_s: list[float] = field(default_factory=list)

    async def kill(self, number: int) -> None:
        """One process, amid a step; the next kill waits until a worker lives again."""
        if number % CYCLE == CYCLE - 1:
            name = OTHERS[number // CYCLE % len(OTHERS)]
            pids = self.theatre.pids(name)
            await self._kill(name, pids[0] if pids else None)
        else:
            gap = gaps.GAPS[number % CYCLE]
            pid = await gaps.victim(self.theatre, gap)
            if pid is None:  # nobody stood in it long enough: then whoever works, wherever they are
                gap, pid = "anywhere", next(iter(self.theatre.pids("worker")), None)
            await self._kill(gap, pid)
        await self._until(lambda: _true(bool(self.theatre.pids("worker"))))

    async def _kill(self, gap: str, pid: int | None) -> None:
        if pid is not None and processes.kill(pid):
            self.theatre.out.add(pid)
            self.kills[gap] += 1
            left = await self._left_by(pid)
            self.left.update(left)
            self.say(f"kill -9 {pid} ({gap}): left {', '.join(sorted(left)) or 'nothing'} open")
        else:
            self.missed[gap] += 1

    async def _left_by(self, pid: int) -> set[str]:
        called = set(self.theatre.model.calls)
        held = await self.theatre.read(census.held_by(pid))
        return census.gaps(held, called, await self.theatre.shown())

    async def empty_redis(self) -> None:
        """FLUSHALL, then kill -9; its supervisor starts it again."""
        async with redis.asyncio.from_url(self.theatre.on.stack.redis) as client:
            await client.flushall()
        for pid in self.theatre.pids("redis"):
            processes.kill(pid)
        self.flushes += 1
        self.say("Redis emptied and killed")
        await asyncio.sleep(0.1)
        await self._until(self._answers_ping)
        await self._measure_resume()

    async def stop_database(self, server: Postgres) -> None:
        """As a power cut; it is started again two seconds later."""
        await asyncio.to_thread(server.stop)
        self.database_stops += 1
        self.say("PostgreSQL stopped at once")
        await asyncio.sleep(DOWN_SECONDS)
        await asyncio.to_thread(server.start)
        self.say("PostgreSQL is back")
        await self._measure_resume()

    async def freeze(self, seconds: float) -> None:
        """A worker stops in the middle of everything for longer than its lease, then goes on as if nothing was."""
        pids = self.theatre.pids("worker")
        if not pids or not processes.freeze(pids[0]):
            return
        self.theatre.out.add(pids[0])
        self.freezes += 1
        self.say(f"SIGSTOP {pids[0]} for {seconds:g} s")
        try:
            await asyncio.sleep(seconds)
        finally:
            processes.thaw(pids[0])
            self.theatre.out.discard(pids[0])
        self.say(f"SIGCONT {pids[0]}")

    async def _answers_ping(self) -> bool:
        try:
            async with redis.asyncio.from_url(self.theatre.on.stack.redis) as client:
                return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False

    async def _measure_resume(self) -> None:
        """Until the ledger notes the next posted reply."""
        start, before = time.monotonic(), await self.theatre.read(_posted)

        async def goes_on() -> bool:
            return await self.theatre.read(_posted) > before

        await self._until(goes_on)
        self.resumed_s.append(round(time.monotonic() - start, 2))

    async def _until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + BACK_SECONDS
        while time.monotonic() < deadline:
            if await is_so():
                return
            await asyncio.sleep(0.05)


async def _true(value: bool) -> bool:
    return value


def _posted(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).where(replies.c.state == "sent")).scalar_one())
