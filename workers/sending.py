"""Due replies to the platforms: claims many at a time, keeps their requests in flight, notes receipts in groups."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from engage.errors import Retryable, Unavailable
from engage.ledger import outbox
from engage.ledger.fair import Rota
from engage.ledger.outbox import Sending
from engage.models import Receipt
from engage.posting import Poster
from workers import queues
from workers.crew import Crew
from workers.group_commit import GroupCommit
from workers.pace import GAP, until_due
from workers.runtime import Runtime, utc_now
from workers.tally import REPLIES

log = structlog.get_logger()

RELEASE_EVERY = timedelta(seconds=0.5)  # how late an undo window may close
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
        self._released_at = utc_now()
        refreshed = partial(runtime.connector, aged=True)  # `_begin` has just read the accounts
        attempts = runtime.settings.reply_attempts
        self._poster = Poster(runtime.db, refreshed, attempts, utc_now, note=self._note_receipt)

    async def step(self) -> timedelta:
        """Claim and begin what is due. Returns when to look again."""
        now = utc_now()
        if now - self._released_at >= RELEASE_EVERY:
            await self.runtime.db.run(outbox.release_held, now)
            self._released_at = now
        begun = await self._begin(outbox.claim_due, self._poster.post, now)
        begun += await self._begin(outbox.claim_uncertain, self._poster.settle, now)
        if begun:
            return timedelta(0)
        return min(until_due(await self.runtime.db.read(outbox.next_due)), RELEASE_EVERY)

    async def _begin(
        self, claim: Callable[..., list[Sending]], do: Callable[[Sending], Awaitable[str]], now: datetime
    ) -> int:
        claimed = await self.runtime.db.run(claim, self.crew.free, self._owner, self._lease, now, self._rota)
        if claimed:
            await self.runtime.refresh({one.account_id for one in claimed})
        for one in claimed:
            self.crew.start(self._post(one, do), queues.POST, one.creator_id, self._wake)
        return len(claimed)

    async def _post(self, sending: Sending, do: Callable[[Sending], Awaitable[str]]) -> None:
        try:
            async with self.runtime.keeping_open(sending.account_id):
                state = await do(sending)
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
