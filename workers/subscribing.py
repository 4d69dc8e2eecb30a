"""Asking platforms for their events, for accounts whose platform wants to be asked: again before each asking ends."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from engage.errors import EngageError, RateLimited, Retryable, Unauthorized
from engage.ledger import quotas, renewals, subscriptions
from engage.limits import STREAM
from engage.platform import Charging, Connector, Subscribing
from workers.pace import until_due
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

PLACES = 16  # accounts for which one worker asks at the same time
LEASE = timedelta(seconds=120)
AGAIN = timedelta(minutes=1)  # after a failure that may pass
MUCH_LATER = timedelta(minutes=30)  # after one that somebody must mend
DAILY = timedelta(days=1)  # where the platform says no end: it may have dropped us
SELDOM = timedelta(seconds=5)


class Subscriptions:
    """Part of every worker's upkeep. Where no platform can reach us nobody is asked."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def step(self) -> timedelta:
        """Ask what is due. Returns when to look again."""
        if not self.runtime.settings.public_url:
            return DAILY
        db = self.runtime.db
        claimed = await db.run(subscriptions.claim, PLACES, LEASE, utc_now())
        await asyncio.gather(*(self._ask(account) for account in claimed))
        if len(claimed) == PLACES:
            return timedelta(0)
        return min(until_due(await db.read(subscriptions.next_due)), SELDOM)

    async def _ask(self, account: Row[Any]) -> None:
        try:
            again_at = await self._subscribe(account)
            await self._note(subscriptions.settle, account, again_at)
        except Unauthorized as error:
            await self._note(renewals.note_refusal, account.id, str(error), utc_now())
            await self._fail(account, error, MUCH_LATER)
        except Retryable as error:
            await self._fail(account, error, error.retry_after or AGAIN)
        except Exception as error:
            known = isinstance(error, EngageError)
            log.warning("not_subscribed", account=account.id, error=str(error), exc_info=not known)
            await self._fail(account, error, MUCH_LATER)

    async def _subscribe(self, account: Row[Any]) -> datetime | None:
        connector = self.runtime.connect(account)
        try:
            if not isinstance(connector, Subscribing):
                return None
            await self._afford(connector, account.id)
            ends_at = await connector.subscribe(self.runtime.hook_of(account.platform, account.id))
            log.info("subscribed", account=account.id, platform=account.platform, until=ends_at)
            return ends_at or utc_now() + DAILY
        finally:
            await connector.close()

    async def _afford(self, connector: Connector, account_id: str) -> None:
        """End what nobody can pay for any more. Raises RateLimited, until the quota begins anew."""
        if not isinstance(connector, Charging):
            return
        now = utc_now()
        budgets = quotas.budgets_of_look(connector.quotas, account_id, STREAM, now)
        empty = await self.runtime.db.read(quotas.used_up, budgets)
        if empty is not None:
            await connector.unsubscribe()
            raise RateLimited(empty.describe(), retry_after=empty.resets_at - now)

    async def _fail(self, account: Row[Any], error: Exception, wait: timedelta) -> None:
        await self._note(subscriptions.settle, account, utc_now() + wait, f"{type(error).__name__}: {error}")

    async def _note(self, write: Any, *values: Any) -> None:
        try:
            await self.runtime.db.run(write, *values)
        except Retryable as error:  # its lease runs out, and somebody asks again
            log.warning("not_noted", what="subscription", error=str(error))
