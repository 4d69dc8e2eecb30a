"""May this turn cost a call of the model? Asked of the ledger for all workers together, many turns at a time."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from engage.compose.sifting import EXTRACTIVE
from engage.ledger.database import Database
from engage.ledger.spendings import Limits, take
from engage.models import Turn
from engage.settings import Settings

Clock = Callable[[], datetime]


def limits_of(settings: Settings) -> Limits:
    """What the settings allow; the composer without a model calls none."""
    calls = 0 if settings.model == EXTRACTIVE else settings.replies_per_hour
    return Limits(calls, settings.creator_replies_per_day, settings.creator_cost_per_day)


class Asking:
    """While one batch is being written the next one gathers. For one event loop."""

    def __init__(self, db: Database, limits: Limits, clock: Clock) -> None:
        self._db = db
        self._limits = limits
        self._clock = clock
        self._waiting: list[tuple[str, asyncio.Future[str]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def may(self, turn: Turn) -> str:
        """ "" where the call is paid, else why not. Raises what the ledger raised."""
        if self._limits == Limits():
            return ""
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn.id, said))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await said

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                said = await self._db.run(take, [turn_id for turn_id, _ in batch], self._limits, self._clock())
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), reason in zip(batch, said, strict=True):
                if not future.done():
                    future.set_result(reason)
