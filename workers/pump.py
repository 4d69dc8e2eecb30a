"""A loop that does one kind of work whenever there may be some."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from engage.errors import Unavailable

log = structlog.get_logger()

OUTAGE_PAUSE = timedelta(seconds=1)


class Pump:
    """Calls `step` when woken, and again after the time it returned at the latest."""

    def __init__(self, name: str, step: Callable[[], Awaitable[timedelta]]) -> None:
        self.name = name
        self._step = step
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Until stopped. A failing step is logged and tried again: a pump never ends by itself."""
        while not self._stopping:
            self._woken.clear()
            pause = await self._once()
            try:
                await asyncio.wait_for(self._woken.wait(), max(0.0, pause.total_seconds()))
            except TimeoutError:
                continue

    async def _once(self) -> timedelta:
        try:
            return await self._step()
        except Unavailable as error:
            log.warning("outage", pump=self.name, error=str(error))
        except Exception:
            log.exception("step_failed", pump=self.name)
        return OUTAGE_PAUSE
