"""Asks for permits: in Redis, which all workers share, or from the worker's own share while that is away."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from engage.pacing.alone import OwnShare
from engage.pacing.buckets import RETRY, Bucket
from engage.pacing.permit import Said
from engage.pacing.shared import LOST, SharedBuckets

log = structlog.get_logger()

CREW_SECONDS = 5.0  # how old the count of the workers may be


class Pacer:
    """One for each worker process; connects when it is first asked."""

    def __init__(self, redis_url: Callable[[], str], crew: Callable[[], Awaitable[tuple[int, int]]]) -> None:
        """crew: this worker's place among those that live, from 0, and how many they are."""
        self._redis_url = redis_url
        self._crew = crew
        self._shared: SharedBuckets | None = None
        self._alone: OwnShare | None = None  # since Redis was lost
        self._retry_at = 0.0
        self._counted_at = 0.0
        self._back_at = 0.0
        self._workers = 0  # of the last time alone: 0 where there was none
        self._caught_up: set[str] = set()  # buckets that were told since Redis is back

    async def ask(self, wants: Sequence[Sequence[Bucket]]) -> Said:
        """A word for each of `wants`: the buckets that one send is counted in, at least one."""
        now = asyncio.get_running_loop().time()
        if self._alone is None or now >= self._retry_at:
            try:
                return await self._together(wants, now)
            except LOST as error:
                await self._lose(error)
        return await self._by_itself(wants)

    async def aclose(self) -> None:
        if self._shared is not None:
            await self._shared.aclose()

    async def _together(self, wants: Sequence[Sequence[Bucket]], now: float) -> Said:
        if self._shared is None:
            self._shared = SharedBuckets(self._redis_url())
        coming_back = self._alone is not None
        if self._alone is not None:
            self._workers = self._alone.workers
        behind = self._behind(wants, now, coming_back=coming_back)
        said = await self._shared.take(wants, dict.fromkeys(behind, self._workers))
        if coming_back:
            log.info("pacing_together_again")
            self._alone, self._back_at = None, now
            self._caught_up.clear()
        self._caught_up |= behind
        return said

    def _behind(self, wants: Sequence[Sequence[Bucket]], now: float, *, coming_back: bool) -> set[str]:
        """Buckets in which workers may have sent while Redis was away, and of which this one has not told it."""
        if not self._workers:
            return set()
        known: set[str] = set() if coming_back else self._caught_up
        back_at = now if coming_back else self._back_at
        return {b.key for needed in wants for b in needed if b.key not in known and now - back_at < b.span}

    async def _lose(self, error: BaseException) -> None:
        loop = asyncio.get_running_loop()
        if self._alone is None:
            log.warning("pacing_alone", error=f"{type(error).__name__}: {error}")
            self._alone = OwnShare(loop.time(), *await self._crew())
            self._counted_at = loop.time()
        self._retry_at = loop.time() + RETRY

    async def _by_itself(self, wants: Sequence[Sequence[Bucket]]) -> Said:
        loop = asyncio.get_running_loop()
        assert self._alone is not None
        if loop.time() - self._counted_at > CREW_SECONDS:
            self._alone.index, self._alone.workers = await self._crew()
            self._counted_at = loop.time()
        return self._alone.take(wants, loop.time())
