"""Carrying out requests to be erased: due work, that any worker takes with a lease and that survives a kill."""

from datetime import timedelta

import structlog

from engage.ledger import erasures
from workers.pace import until_due
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=30)  # after a failure
SELDOM = timedelta(seconds=5)


class ErasureRequests:
    """Part of every worker's upkeep."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def step(self) -> timedelta:
        """Carry out one request, in portions. Returns when to look again."""
        db = self.runtime.db
        row = await db.run(erasures.claim, LEASE, utc_now())
        if row is None:
            return min(until_due(await db.read(erasures.next_due)), SELDOM)
        try:
            nothing = self.runtime.vault.lock({})
            while not await db.run(erasures.carry_out, row.code, nothing, utc_now()):
                pass
        except Exception as error:
            log.exception("not_erased", platform=row.platform, error=error)
            await db.run(erasures.put_off, row.code, utc_now() + AGAIN)
        else:
            log.info("erased", platform=row.platform)
        return timedelta(0)
