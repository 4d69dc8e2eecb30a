"""Due replies to the platforms: claims many at a time, keeps their requests in flight, notes receipts in groups."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

from engage.errors import Retryable, Unavailable
from engage.ledger import outbox, sendings
from engage.ledger.fair import Rota
from engage.ledger.sendings import Sending
from engage.models import Receipt
from engage.posting import Poster
from workers import queues
from workers.crew import Crew
from workers.group_commit import GroupCommit
from workers.pace import GAP, until_due
from workers.permits import Permits, Unready
from workers.runtime import Runtime, utc_now
from workers.tally import REPLIES

log = structlog.get_logger()

SELDOM = timedelta(seconds=0.5)  # how late an undo window may close, and a reply that may be out be asked for
Sent = tuple[Sending, Receipt]


class Posting:
    """Works on the outbox."""

    def __init__(self, runtime: Runtime, owner: str, wake: Callable[[str], None]) -> None:
        self.runtime = runtime
        self.crew = Crew(runtime.settings.concurrency)
        self.receipts: GroupCommit[Sent, bool] = GroupCommit(self._note_group, GAP)
        self._owner = owner
        self._lease = timedelta(seconds=runtime.settings.lease)
        self._rota = Rota()
        self._wake = partial(wake, queues.POST)
        self._looked_at = utc_now() - SELDOM  # for the replies of whoever was killed, at once
        refreshed = partial(runtime.connector, aged=True)  # `_begin` has just read the accounts
        attempts = runtime.settings.reply_attempts
        self._poster = Poster(runtime.db, refreshed, attempts, utc_now, note=self._note_receipt)
        self._permits = Permits(runtime, owner, self._rota)
        self._next_turn = 0.0  # by the loop's clock: when a used-up limit has something again

    async def __aenter__(self) -> Self:
        await self.receipts.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.receipts.__aexit__(*error)
        await self._permits.aclose()

    async def step(self) -> timedelta:
        """Claim and begin what is due. Returns when to look again."""
        now, begun = utc_now(), 0
        if now - self._looked_at >= SELDOM:
            await self.runtime.db.run(outbox.release_held, now)
            begun += await self._begin_uncertain(now)
            self._looked_at = now
        begun += await self._begin_due(now)
        if begun:
            return timedelta(0)
        pause = min(until_due(await self.runtime.db.read(outbox.next_due)), SELDOM)
        turn = timedelta(seconds=self._next_turn - asyncio.get_running_loop().time())
        return min(turn, pause) if turn > timedelta(0) else pause

    async def _begin_due(self, now: datetime) -> int:
        claimed = await self._claim(sendings.claim_due, now)
        if not claimed:
            return 0
        ready, unready = await self._permits.ask(claimed)
        for one in ready:
            self._start(one.sending, self._poster.post(one.sending, one.permit, one.paid))
        if unready:
            await self._hold_back(unready)
        return len(ready)

    async def _begin_uncertain(self, now: datetime) -> int:
        claimed = await self._claim(sendings.claim_uncertain, now)
        for one in claimed:
            self._start(one, self._poster.settle(one))
        return len(claimed)

    async def _claim(self, claim: Callable[..., list[Sending]], now: datetime) -> list[Sending]:
        claimed = await self.runtime.db.run(claim, self.crew.free, self._owner, self._lease, now, self._rota)
        if claimed:
            await self.runtime.refresh({one.account_id for one in claimed})
        return claimed

    def _start(self, sending: Sending, work: Coroutine[Any, Any, str]) -> None:
        self.crew.start(self._post(sending, work), queues.POST, sending.creator_id, self._wake)

    async def _hold_back(self, unready: Unready) -> None:
        """In this step, so that the next claim finds it; through an outage too, for this worker's lease never ends."""
        if wait := unready.soonest:
            self._next_turn = asyncio.get_running_loop().time() + wait.total_seconds()
        try:
            await self.runtime.db.run(unready.write)
        except Retryable:
            self.crew.start(self._hold_back_later(unready), queues.POST, "", self._wake)

    async def _hold_back_later(self, unready: Unready) -> None:
        async for attempt in AsyncRetrying(retry=retry_if_exception_type(Retryable), wait=wait_fixed(0.5)):
            with attempt:
                await self.runtime.db.run(unready.write)

    async def _post(self, sending: Sending, work: Coroutine[Any, Any, str]) -> None:
        try:
            async with self.runtime.keeping_open(sending.account_id):
                state = await work
            self.runtime.tally.count(REPLIES, state)
            log.info("reply", reply=sending.outgoing.id, state=state, attempt=sending.attempts)
        except Retryable as error:
            log.warning("receipt_not_noted", reply=sending.outgoing.id, error=str(error))
        except Exception:
            log.exception("posting_failed", reply=sending.outgoing.id)

    async def _note_receipt(self, sending: Sending, receipt: Receipt) -> bool:
        return await self.receipts.add((sending, receipt))

    async def _note_group(self, batch: list[Sent]) -> Sequence[bool | Exception]:
        marked = await self.runtime.db.run(outbox.mark_all_sent, batch)
        locked = Unavailable("the reply's row is being written elsewhere")
        return [locked if one is None else one for one in marked]
