"""Rolling restarts: one worker after the other is asked to end, in the middle of its work, and comes back."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta

import psutil

from engage.ledger import engines
from workers.chaos.theatre import Theatre
from workers.runtime import utc_now

EXIT_SECONDS = 25.0  # longer is too long: whoever restarts would have killed it
BACK_SECONDS = 60.0
RECENT = timedelta(seconds=30)


@dataclass(slots=True)
class Rolling:
    """exits_s: how long each asked worker took to end; `late` of them were not over after EXIT_SECONDS."""

    theatre: Theatre
    exits_s: list[float] = field(default_factory=list)
    late: int = 0

    async def restart(self, number: int) -> None:
        """The worker of one supervisor; returns when its successor says that it works."""
        supervisor = self.theatre.supervisors[number % len(self.theatre.supervisors)]
        before = self.theatre.pids("worker", supervisor)
        if not before:  # killed a moment ago, and not back yet
            await self._back(supervisor, set())
            before = self.theatre.pids("worker", supervisor)
        for pid in before:
            await asyncio.to_thread(self._end, pid)
        await self._back(supervisor, set(before))

    def _end(self, pid: int) -> None:
        start = time.monotonic()
        try:
            worker = psutil.Process(pid)
            worker.terminate()
            worker.wait(EXIT_SECONDS)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            self.late += 1
        self.exits_s.append(round(time.monotonic() - start, 2))

    async def _back(self, supervisor: int, before: set[int]) -> None:
        deadline = time.monotonic() + BACK_SECONDS
        while time.monotonic() < deadline:
            now = set(self.theatre.pids("worker", supervisor)) - before
            if now and now <= await self._working():
                return
            await asyncio.sleep(0.1)

    async def _working(self) -> set[int]:
        alive = await self.theatre.read(lambda tx: engines.alive(tx, utc_now() - RECENT))
        return {int(owner.split(":")[-2]) for owner in alive}
