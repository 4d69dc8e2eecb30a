"""Renewing credentials before they end: one call for each account, whoever else is running."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from engage.errors import EngageError, Retryable, Unauthorized, Unavailable
from engage.ledger import renewals
from engage.platform import Renewable, Renewed
from workers.pace import until_due
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

PLACES = 16  # accounts that one worker renews at the same time
LEASE = timedelta(seconds=120)  # a call and the writing of what it brought take less
AGAIN = timedelta(seconds=30)  # after a failure that may pass
MUCH_LATER = timedelta(minutes=15)  # after one that somebody must mend
SELDOM = timedelta(seconds=5)
# What the platform gave is written down through an outage of the database: the credentials of before may be void.
KEEP_TRYING: dict[str, Any] = {
    "retry": retry_if_exception_type(Unavailable),
    "wait": wait_fixed(0.5),
    "stop": stop_after_delay(LEASE.total_seconds() / 2),
    "reraise": True,
}


class Renewing:
    """Part of every worker's upkeep."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def step(self) -> timedelta:
        """Renew what is due. Returns when to look again."""
        db = self.runtime.db
        claimed = await db.run(renewals.claim, PLACES, LEASE, utc_now())
        await asyncio.gather(*(self._renew(account) for account in claimed))
        if len(claimed) == PLACES:
            return timedelta(0)
        return min(until_due(await db.read(renewals.next_due)), SELDOM)

    async def _renew(self, account: Row[Any]) -> None:
        platform = account.platform
        try:
            renewed = await self._ask(account)
            await self._keep(account, renewed)
            log.info("credentials_renewed", account=account.id, platform=platform, until=renewed.expires_at)
        except Unauthorized as error:
            log.warning("credentials_ended", account=account.id, platform=platform, error=str(error))
            await self._note(renewals.end, account, str(error))
        except Retryable as error:
            log.warning("not_renewed", account=account.id, platform=platform, error=str(error))
            await self._note(renewals.put_off, account, utc_now() + (error.retry_after or AGAIN))
        except Exception as error:
            known = isinstance(error, EngageError)
            log.warning("not_renewed", account=account.id, platform=platform, error=str(error), exc_info=not known)
            await self._note(renewals.put_off, account, utc_now() + MUCH_LATER)

    async def _ask(self, account: Row[Any]) -> Renewed:
        connector = self.runtime.connect(account)  # made from the row that was claimed: nobody has newer credentials
        try:
            if not isinstance(connector, Renewable):
                raise EngageError(f"credentials of {account.platform} cannot be renewed: connect the account again")
            return await connector.renew()
        finally:
            await connector.close()

    async def _keep(self, account: Row[Any], renewed: Renewed) -> None:
        sealed = self.runtime.vault.lock(renewed.credentials)
        async for attempt in AsyncRetrying(**KEEP_TRYING):
            with attempt:
                await self.runtime.db.run(renewals.store, account, sealed, renewed.expires_at, utc_now())

    async def _note(self, write: Any, account: Row[Any], *values: Any) -> None:
        try:
            await self.runtime.db.run(write, account, *values)
        except Retryable as error:  # its lease runs out, and somebody tries again
            log.warning("not_noted", account=account.id, error=str(error))
