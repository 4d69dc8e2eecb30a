"""From an outbox row to the platform, exactly as law 2 says: at most once, never guessed.

`after` is the whole decision, pure; `Poster` only carries it out.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from engage.errors import ConfigError, EngageError, Permanent, RateLimited, Retryable, Unauthorized, Unavailable
from engage.ledger import outbox
from engage.ledger.creators import block_account
from engage.ledger.database import Database
from engage.ledger.echoes import posted
from engage.ledger.quotas import Budget, budgets_of_look, give_back, pay
from engage.ledger.renewals import note_refusal
from engage.ledger.sendings import NEVER, Sending
from engage.limits import READBACK
from engage.models import Receipt
from engage.pacing import FREE, Permit
from engage.platform import Connector, Found, ReadBack, Settle

# Six attempts in about two and a half hours, well inside a day; the last waits outlast a platform's short outage.
BACKOFF = tuple(timedelta(seconds=s) for s in (2, 15, 120, 900, 7200))
SLOW_DOWN = timedelta(seconds=30)  # where a platform says "too many" and not how long
NOTE_RECEIPT: dict[str, Any] = {
    "retry": retry_if_exception_type(Unavailable),
    "wait": wait_fixed(0.5),
    "stop": stop_after_delay(60),
    "reraise": True,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What to write down after an attempt. `uncounted`: the attempt does not use one of the tries up."""

    state: Literal["due", "uncertain", "refused", "dead"]
    due_at: datetime
    reason: str
    uncounted: bool = False
    block_until: datetime | None = None  # the whole account slows down
    refused_at: datetime | None = None  # for the account's credentials
    unsent: bool = False  # no attempt posted it: it may still be recalled
    spent: int | None = None  # units of its quota that the platform counted; the rest is given back. None: all of it


def backoff(attempts: int) -> timedelta:
    """The wait after the n-th attempt (n >= 1), with up to 20 % jitter so that failures do not march in step."""
    return BACKOFF[min(attempts, len(BACKOFF)) - 1] * random.uniform(1, 1.2)


def after(error: Exception, sending: Sending, settle: Settle, lag: timedelta, max_attempts: int, now: datetime) -> Step:
    """The step that follows a failed send. An error nobody foresaw counts as ambiguous: it may have been posted."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, RateLimited):
        until, fresh = now + (error.retry_after or SLOW_DOWN), sending.fresh
        return Step("due", until, reason, uncounted=True, block_until=until, unsent=fresh, spent=error.spent)
    if isinstance(error, Unauthorized):
        return Step("due", now + BACKOFF[0], reason, uncounted=True, refused_at=now, unsent=sending.fresh)
    if isinstance(error, ConfigError):  # somebody has to mend a setting; nothing was sent
        return Step("due", now + SLOW_DOWN, reason, uncounted=True, unsent=sending.fresh, spent=0)
    exhausted = sending.attempts >= max_attempts
    spent = error.spent if isinstance(error, Retryable) else None  # what a platform refuses it has counted
    if isinstance(error, Permanent) or (isinstance(error, Retryable) and exhausted):
        if not sending.fresh:  # this attempt did not post it, an earlier one may have
            return Step("uncertain", NEVER, reason, spent=spent)
        return Step("refused" if isinstance(error, Permanent) else "dead", now, reason, spent=spent)
    if isinstance(error, Retryable):
        wait = max(backoff(sending.attempts), error.retry_after or timedelta(0))
        return Step("due", now + wait, reason, unsent=sending.fresh, spent=spent)
    if settle is Settle.PARK:
        return Step("uncertain", NEVER, reason)
    if settle is Settle.READBACK:
        return Step("uncertain", now + lag, reason)
    # The same bytes with the same key are safe to send again; after the last try only the creator can look.
    return Step("uncertain", NEVER, reason) if exhausted else Step("due", now + backoff(sending.attempts), reason)


def after_readback(seen: ReadBack, sending: Sending, max_attempts: int, now: datetime) -> Step:
    """The step that follows a read-back that did not find the reply; it was asked for after the platform's lag."""
    if seen.found is Found.ABSENT:
        if sending.attempts >= max_attempts:
            return Step("dead", now, "surely not posted, after the last try")
        return Step("due", now, "read-back: not posted", unsent=True)
    waited = now - (sending.outgoing.first_sent_at or now)
    if waited > timedelta(hours=24):
        return Step("uncertain", NEVER, "the platform could not be read for a day")
    return Step("uncertain", now + max(timedelta(seconds=5), waited * 0.5), "read-back: unreadable")


class Poster:
    """Sends and settles replies that the outbox handed to this worker."""

    def __init__(
        self,
        database: Database,
        connector_of: Callable[[str], Awaitable[Connector]],
        max_attempts: int,
        clock: Callable[[], datetime],
        note: Callable[[Sending, Receipt], Awaitable[bool]] | None = None,
    ) -> None:
        """note: writes a receipt down, `outbox.mark_sent` where not given; raises Unavailable where it cannot."""
        self._note = note or self._mark_sent
        self._db = database
        self._connector_of = connector_of
        self._max_attempts = max_attempts
        self._clock = clock

    async def post(self, sending: Sending, permit: Permit = FREE, paid: Sequence[Budget] = ()) -> str:
        """One attempt, at the time of its permit. paid: quota taken for it, given back where it surely used none.

        Returns the state the reply is in now; 'lost' where another worker settled it meanwhile.
        """
        connector: Connector | None = None
        try:
            connector = await self._connector_of(sending.account_id)
            if reason := await self._too_late(sending, permit, paid):
                step = Step("due", self._clock(), reason, uncounted=True, unsent=sending.fresh, spent=0)
                return await self._write(sending, step, paid)
            receipt = await connector.send(sending.outgoing)
        except EngageError as error:
            return await self._failed(error, sending, connector, paid)
        except Exception as error:
            await self._failed(error, sending, connector, paid)
            raise
        return await self._sent(sending, receipt)

    async def _too_late(self, sending: Sending, permit: Permit, paid: Sequence[Budget]) -> str:
        """Why it must not be sent now, when its turn has come; '' where it may."""
        in_time = await permit.turn()
        if self._clock() >= sending.lease_until:  # this process was frozen: another may have sent it meanwhile
            return "its lease was over before it was sent"
        if any(budget.resets_at <= self._clock() for budget in paid):
            return "the day that it was paid for was over before it was sent"
        return "" if in_time else "its turn was over before it was sent"

    async def settle(self, sending: Sending) -> str:
        """Find out what became of an uncertain reply."""
        try:
            connector = await self._connector_of(sending.account_id)
            if step := self._unasked(connector, sending):
                return await self._write(sending, step)
            seen = await self._look(connector, sending)
        except Unauthorized as error:
            now = self._clock()
            return await self._write(sending, Step("uncertain", now + SLOW_DOWN, str(error), refused_at=now))
        except RateLimited as error:
            until = self._clock() + (error.retry_after or SLOW_DOWN)
            return await self._write(sending, Step("uncertain", until, str(error)))
        except EngageError:
            seen = ReadBack(Found.UNREADABLE)
        if seen.found is Found.FOUND and seen.receipt is not None:
            return await self._sent(sending, seen.receipt)
        return await self._write(sending, after_readback(seen, sending, self._max_attempts, self._clock()))

    def _unasked(self, connector: Connector, sending: Sending) -> Step | None:
        """What follows without a look at the platform."""
        if connector.settle is Settle.KEY and sending.attempts < self._max_attempts:
            return Step("due", self._clock(), "sent again with the same key")
        if connector.settle is Settle.KEY:
            return Step("uncertain", NEVER, "sent as often as it may be")
        if connector.settle is Settle.PARK:
            return Step("uncertain", NEVER, "nobody can know whether it was posted")
        if sending.lost and connector.readback_lag:
            return Step("uncertain", self._clock() + connector.readback_lag, "waits out the platform's lag")
        return None

    async def _look(self, connector: Connector, sending: Sending) -> ReadBack:
        """Look for it, where that is paid. The same words in another reply of ours tell nothing of this one."""
        if budgets := budgets_of_look(connector.quotas, sending.account_id, READBACK, self._clock()):
            await self._db.run(pay, budgets, self._clock())
        seen = await connector.find(sending.outgoing)
        noted = await self._db.read(posted, [sending.account_id], [seen.receipt.id]) if seen.receipt else set()
        return ReadBack(Found.UNREADABLE) if noted else seen

    async def _failed(
        self, error: Exception, sending: Sending, connector: Connector | None, paid: Sequence[Budget]
    ) -> str:
        if connector is None:  # nothing was sent: whatever went wrong, it is no doubt about that
            sure = isinstance(error, Retryable | Permanent)
            error = error if sure else Unavailable(f"{type(error).__name__}: {error}")
        settle = connector.settle if connector else Settle.KEY
        lag = connector.readback_lag if connector else timedelta(0)
        step = after(error, sending, settle, lag, self._max_attempts, self._clock())
        return await self._write(sending, step, paid)

    async def _sent(self, sending: Sending, receipt: Receipt) -> str:
        """Note the receipt, through an outage of the database too: who loses it no longer knows what is posted."""
        try:
            noted = await self._note(sending, receipt)
        except Unavailable:
            async for attempt in AsyncRetrying(**NOTE_RECEIPT):
                with attempt:
                    noted = await self._note(sending, receipt)
        if receipt.quiet_until is not None:
            await self._db.run(block_account, sending.account_id, receipt.quiet_until)
        return "sent" if noted else "lost"

    async def _mark_sent(self, sending: Sending, receipt: Receipt) -> bool:
        return await self._db.run(outbox.mark_sent, sending, receipt)

    async def _write(self, sending: Sending, step: Step, paid: Sequence[Budget] = ()) -> str:
        return step.state if await self._db.run(write, sending, step, paid) else "lost"


def write(tx: Connection, sending: Sending, step: Step, paid: Sequence[Budget] = ()) -> bool:
    """Write a step down. False where the reply is no longer this worker's."""
    if step.spent is not None:
        give_back(tx, paid, but=step.spent)
    if step.block_until is not None:
        block_account(tx, sending.account_id, step.block_until)
    if step.refused_at is not None:
        note_refusal(tx, sending.account_id, step.reason, step.refused_at)
    if step.state == "due":
        return outbox.mark_due(tx, sending, step.due_at, step.reason, uncounted=step.uncounted, unsent=step.unsent)
    if step.state == "uncertain":
        return outbox.mark_uncertain(tx, sending, step.due_at, step.reason)
    return outbox.mark_over(tx, sending, step.state, step.reason)
