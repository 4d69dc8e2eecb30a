"""Memory that outlives an erasure: each process empties its own within seconds of it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from engage.errors import Retryable
from engage.ledger import erasure
from engage.ledger.database import Database
from engage.remembered import forget_all

EVERY = timedelta(seconds=10)  # an erasure is done within 60 s, the memory of all processes included


class Remembering(Protocol):
    """A process with a ledger that keeps texts in memory."""

    @property
    def db(self) -> Database: ...

    def drop_stale(self) -> None:
        """Keep nothing in memory that was erased."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """A process that keeps nothing else than what `engage.remembered` knows of."""

    db: Database

    def drop_stale(self) -> None:
        forget_all()


class Forgetting:
    """Looks whether anything was erased since the last look."""

    def __init__(self, process: Remembering) -> None:
        self._process = process
        self._seen: int | None = None  # what was erased before this process began, it never had

    async def step(self) -> timedelta:
        """Returns when to come again."""
        count = await self._process.db.read(erasure.erasures)
        if self._seen is not None and count != self._seen:
            await asyncio.to_thread(self._process.drop_stale)
        self._seen = count
        return EVERY

    async def run(self) -> None:
        """For processes without pumps."""
        while True:
            try:
                wait = await self.step()
            except Retryable:
                wait = EVERY
            await asyncio.sleep(wait.total_seconds())
