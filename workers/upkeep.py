"""What must be done for all workers now and then: free what the dead held, end what is too old, make vectors."""

from collections.abc import Callable
from datetime import datetime, timedelta

from engage.ledger import duties, facts, outbox, raids, turns
from workers.runtime import Runtime, utc_now

EVERY = timedelta(seconds=5)
AGAIN = timedelta(seconds=1)  # where one sweep did not end everything
SWEEPING = "sweeping"


class Upkeep:
    """Of any number of workers one sweeps; when it is gone the next one does."""

    def __init__(self, runtime: Runtime, owner: str, wake_all: Callable[[], None]) -> None:
        self.runtime = runtime
        self._owner = owner
        self._wake_all = wake_all

    async def sweep(self) -> timedelta:
        """Returns when to come again."""
        db, now, touched = self.runtime.db, utc_now(), [0]
        if await db.run(duties.take, SWEEPING, self._owner, EVERY, now):
            touched = [
                await db.run(turns.sweep, self.runtime.turn_expiry, now),
                await db.run(outbox.sweep, now),
                await db.run(outbox.expire, now),
                await db.run(facts.sweep, now),
            ]
            await self._watch_for_raids(now)
        self._wake_all()
        return EVERY if max(touched) < duties.SWEPT else AGAIN

    async def _watch_for_raids(self, now: datetime) -> None:
        thresholds = self.runtime.raid_thresholds
        found = await self.runtime.db.read(raids.look, thresholds, now)
        if found:
            await self.runtime.db.run(raids.keep, found, thresholds, now)

    async def index(self) -> timedelta:
        """Beside the sweeping, which must not wait for an import of a hundred thousand passages."""
        await self.runtime.index_new_passages()
        return EVERY
