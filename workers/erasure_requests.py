"""Carrying out requests to be erased: due work, that any worker takes with a lease and that survives a kill."""

import asyncio
from contextlib import closing
from datetime import timedelta

import structlog

from engage.errors import Unavailable
from engage.ledger import erasure, erasures
from workers import erasing
from workers.pace import until_due
from workers.runtime import Runtime, utc_now
from workers.vectors import FollowedVectors

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
            await asyncio.to_thread(self._erase_follower, row.platform, row.person_id, row.code)
            nothing = self.runtime.vault.lock({})
            while not await db.run(erasures.carry_out, row.code, nothing, utc_now()):
                pass
        except Exception as error:
            log.exception("not_erased", platform=row.platform, error=error)
            await db.run(erasures.put_off, row.code, utc_now() + AGAIN)
        else:
            log.info("erased", platform=row.platform)
        return timedelta(0)

    def _erase_follower(self, platform: str, person_id: str, code: str) -> None:
        """Whoever asked may be one: from the ledger, and from the vectors where Chroma is there."""
        db = self.runtime.db
        with db.reading() as tx:
            people, accounts = erasure.find(tx, platform, person_id), erasing.accounts_on(tx, platform)
        if not people:
            return
        count = len(people)
        with closing(FollowedVectors(self.runtime.settings)) as vectors:
            try:
                gone = erasing.erase(db, people, accounts, person_id, platform, utc_now(), lambda: vectors)
                count = sum(gone.values())
            except Unavailable as error:  # the rows are gone: workers tidy the vectors up
                log.warning("vectors_not_erased_yet", error=error)
        with db.transaction() as tx:
            erasures.note_erased(tx, code, count)
