"""What must be done for all workers now and then: free what the dead held, end what is too old, make vectors."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from engage.errors import Unavailable
from engage.ledger import duties, erasure, erasures, facts, outbox, raids, spendings, turns
from engage.ledger.erasure import Person
from workers import erasing
from workers.retaining import Retaining
from workers.runtime import Runtime, utc_now
from workers.vectors import FollowedVectors

log = structlog.get_logger()

EVERY = timedelta(seconds=5)
AGAIN = timedelta(seconds=1)  # where one sweep did not end everything
SWEEPING = "sweeping"
# From "forget me" to the erasure: they are told so first, and the platform shows us our own post. Done within 60 s.
TOLD = timedelta(seconds=40)
PEOPLE = 20  # erased in one sweep


class Upkeep:
    """Of any number of workers one sweeps; when it is gone the next one does."""

    def __init__(self, runtime: Runtime, owner: str, wake_all: Callable[[], None]) -> None:
        self.runtime = runtime
        self._owner = owner
        self._wake_all = wake_all
        self._retaining = Retaining(runtime.settings, runtime.db)

    async def sweep(self) -> timedelta:
        """Returns when to come again."""
        db, now, touched = self.runtime.db, utc_now(), [0]
        if await db.run(duties.take, SWEEPING, self._owner, EVERY, now):
            touched = [
                await db.run(turns.sweep, self.runtime.turn_expiry, now),
                await db.run(outbox.sweep, now),
                await db.run(outbox.expire, now),
                await db.run(facts.sweep, now),
                await self._forget(now),
                await self._retaining.step(now),
                await db.run(spendings.forget_old, now),
                await db.run(erasures.sweep, now),
            ]
            await self._watch_for_raids(now)
        self._wake_all()
        return EVERY if max(touched) < duties.SWEPT else AGAIN

    async def _forget(self, now: datetime) -> int:
        """Erase who asked to be forgotten. Returns SWEPT where there are more."""
        people = await self.runtime.db.read(erasure.asked_to_be_forgotten, now - TOLD, PEOPLE)
        for person in people:
            await asyncio.to_thread(self._erase, person, now)
        return duties.SWEPT if len(people) == PEOPLE else len(people)

    def _erase(self, person: Person, now: datetime) -> None:
        vectors = FollowedVectors(self.runtime.settings)
        try:
            of = [person.account_id]
            erasing.erase(self.runtime.db, [person], of, person.platform_user_id, "worker", now, lambda: vectors)
        except Unavailable as error:
            log.warning("vectors_not_erased_yet", error=str(error))
        finally:
            vectors.close()

    async def _watch_for_raids(self, now: datetime) -> None:
        thresholds = self.runtime.raid_thresholds
        found = await self.runtime.db.read(raids.look, thresholds, now)
        if found:
            await self.runtime.db.run(raids.keep, found, thresholds, now)

    async def index(self) -> timedelta:
        """Beside the sweeping, which must not wait for an import of a hundred thousand passages."""
        await self.runtime.index_new_passages()
        return EVERY
