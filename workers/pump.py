"""A loop that does one kind of work whenever there may be some."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from engage.errors import Unavailable

log = structlog.get_logger()

OUTAGE_PAUSE = timedelta(seconds=1)


class Pump:
    """Calls `step` when woken, and again after the time it returned at the latest.

    gap: between the beginnings of two steps. The first wake-up after a quiet moment is served at once; a stream of
    them makes few steps that each find much to do.
    """

    def __init__(self, name: str, step: Callable[[], Awaitable[timedelta]], gap: timedelta = timedelta(0)) -> None:
        self.name = name
        self._step = step
        self._gap = gap.total_seconds()
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Until stopped. A failing step is logged and tried again: a pump never ends by itself."""
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            next_at = loop.time() + self._gap
            self._woken.clear()
            pause = await self._once()
            await _until(self._woken, pause.total_seconds())
            await _until(self._stopping, next_at - loop.time())

    async def _once(self) -> timedelta:
        try:
            return await self._step()
        except Unavailable as error:
            log.warning("outage", pump=self.name, error=str(error))
        except Exception:
            log.exception("step_failed", pump=self.name)
        return OUTAGE_PAUSE


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Until `event`, at most so long."""
    if seconds <= 0:
        await asyncio.sleep(0)  # whatever else is ready comes first
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
