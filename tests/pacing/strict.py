"""Workers that ask for permits as fast as they may, and what a strict platform would see of them.

A request arrives some time after its permit begins, at the latest half a margin after it ends. A platform can see one
too many only where a permit begins less than `per` after the end of the permit that stands `count` places before it.
No clock of a busy test machine can make that true or untrue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engage.limits import Limit
from engage.models import Surface
from engage.pacing import Bucket, Pacer, Permit, buckets_of

COUNT, PER = 20, 1.0


def bucket(count: int = COUNT, seconds: float = PER, burst: int = 1, *, account: str = "a", **more: Any) -> Bucket:
    limit = Limit(count, timedelta(seconds=seconds), burst, **more)
    return buckets_of([limit], account, Surface.COMMENT, "thread")[0]


@dataclass
class Dealt:
    """All permits of all workers for one bucket."""

    wanted: Bucket
    permits: list[Permit] = field(default_factory=list)

    @property
    def too_many(self) -> int:
        """How often a strict platform could answer 429."""
        limit = self.wanted.limit
        begins = sorted(permit.at for permit in self.permits)
        ends = sorted(permit.until for permit in self.permits)
        late = self.wanted.grace  # on the way to the platform
        apart = zip(ends, begins[limit.count :], strict=False)
        return sum(later - earlier < limit.per.total_seconds() + late - 1e-4 for earlier, later in apart)

    async def ask(self, pacer: Pacer) -> int:
        said = await pacer.ask([(self.wanted,)] * 3)
        granted = [word for word in said.words if isinstance(word, Permit)]
        self.permits += granted
        return len(granted)

    async def until(self, pacers: Iterable[Pacer], done: Callable[[], bool]) -> None:
        """All ask, again and again."""
        async with asyncio.timeout(60):
            await asyncio.gather(*(self._work(pacer, done) for pacer in pacers))

    async def more(self, pacers: Iterable[Pacer], count: int) -> None:
        enough = len(self.permits) + count
        await self.until(list(pacers), lambda: len(self.permits) >= enough)

    async def _work(self, pacer: Pacer, done: Callable[[], bool]) -> None:
        while not done():
            if not await self.ask(pacer):
                await asyncio.sleep(0.01)


def pacers(url: str, count: int) -> list[Pacer]:
    """As many workers, which know of each other."""

    def crew(index: int) -> Callable[[], Awaitable[tuple[int, int]]]:
        async def of_all() -> tuple[int, int]:
            return index, count

        return of_all

    return [Pacer(lambda: url, crew(index)) for index in range(count)]
