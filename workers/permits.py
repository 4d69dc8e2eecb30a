"""Between a claim and its sends: asks what the platforms allow, once for a batch, and puts the rest back in line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from engage.errors import Retryable
from engage.ledger import engines, quotas
from engage.ledger.fair import Rota
from engage.ledger.quotas import Budget, budgets_of
from engage.ledger.sendings import Sending, lane_of
from engage.ledger.waits import Waiting, pace, put_back
from engage.limits import Each
from engage.models import Surface
from engage.pacing import FREE, Bucket, Pacer, Permit, Said, Wait, buckets_of
from engage.pacing.buckets import HORIZON
from engage.pacing.shared import MOST_OWED
from engage.platform import Connector
from workers import queues, services
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

AFTER_BUG = timedelta(seconds=30)
AHEAD = timedelta(seconds=HORIZON / 2)  # work for this long is dealt out when a worker comes again


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed reply that may be sent, when, and what was paid for it."""

    sending: Sending
    permit: Permit = FREE
    paid: Sequence[Budget] = ()


@dataclass(slots=True)
class Unready:
    """What goes back to the ledger, in one transaction."""

    waiting: list[Waiting] = field(default_factory=list)
    unspent: list[Budget] = field(default_factory=list)
    paced: dict[tuple[str, Bucket], timedelta] = field(default_factory=dict)  # account and what is used up → how long

    def __bool__(self) -> bool:
        return bool(self.waiting or self.paced)

    @property
    def soonest(self) -> timedelta | None:
        """When the first of these limits has something again."""
        return min(self.paced.values(), default=None)

    def write(self, tx: Connection) -> None:
        quotas.give_back(tx, self.unspent)
        put_back(tx, self.waiting)
        for (account_id, bucket), wait in sorted(self.paced.items(), key=lambda one: one[0][0]):  # no circle of waiting
            pace(tx, account_id, sorted(bucket.limit.surfaces), utc_now() + wait)


@dataclass(frozen=True, slots=True)
class Need:
    """What one reply is counted in."""

    sending: Sending
    buckets: tuple[Bucket, ...] = ()
    budgets: tuple[Budget, ...] = ()


class Permits:
    """Where no connector declares a limit this costs nothing."""

    def __init__(self, runtime: Runtime, owner: str, rota: Rota) -> None:
        self._runtime = runtime
        self._owner = owner
        self._rota = rota
        self._known_crew = (0, MOST_OWED)  # while nobody could say: a small share
        self._pacer = Pacer(lambda: services.redis_url(runtime.settings), self._crew)

    async def ask(self, claimed: Sequence[Sending]) -> tuple[list[Ready], Unready]:
        """Which of `claimed` may be sent, and what the caller must write down of the others."""
        try:
            return await self._ask(claimed)
        except Exception:  # a bug beside them must not keep claimed replies from everybody for ever
            log.exception("permits_failed")
            later = utc_now() + AFTER_BUG
            return [], Unready([Waiting(one, "its limits could not be read: see the log", later) for one in claimed])

    async def _ask(self, claimed: Sequence[Sending]) -> tuple[list[Ready], Unready]:
        needs = [await self._need(one) for one in claimed]
        ready = [Ready(need.sending) for need in needs if not (need.buckets or need.budgets)]
        unready = Unready()
        paid = await self._pay([need for need in needs if need.buckets or need.budgets], unready)
        ready += [Ready(need.sending, FREE, need.budgets) for need in paid if not need.buckets]
        if counted := [need for need in paid if need.buckets]:
            said = await self._pacer.ask([need.buckets for need in counted])
            ready += _sort_out(counted, said, unready)
        return ready, unready

    async def aclose(self) -> None:
        await self._pacer.aclose()

    async def _need(self, sending: Sending) -> Need:
        try:
            connector = await self._runtime.connector(sending.account_id, aged=True)
        except Exception:
            return Need(sending)  # nothing will be sent: who posts it finds out, and knows what to do
        if not (connector.limits or connector.quotas):
            return Need(sending)
        out = sending.outgoing
        self._narrow(sending.account_id, out.surface, connector)
        buckets = buckets_of(connector.limits, sending.account_id, out.surface, out.conversation_id)
        return Need(sending, buckets, budgets_of(connector.quotas, sending.account_id, out.surface, utc_now()))

    def _narrow(self, account_id: str, surface: Surface, connector: Connector) -> None:
        """Claim no more of this account than may be sent at once on a surface."""
        counted = buckets_of(connector.limits, account_id, surface, "")
        whole = [bucket.at_once for bucket in counted if bucket.limit.each is Each.ACCOUNT]
        if whole:
            self._rota.most.setdefault(lane_of("due", surface), {})[account_id] = min(whole)

    async def _pay(self, needs: Sequence[Need], unready: Unready) -> list[Need]:
        if not any(need.budgets for need in needs):
            return list(needs)
        try:
            said = await self._runtime.db.run(quotas.take, [need.budgets for need in needs], utc_now())
        except Retryable as error:
            unready.waiting += [Waiting(need.sending, f"quota not counted: {error}") for need in needs]
            return []
        for need, empty in zip(needs, said, strict=True):
            if empty is not None:
                unready.waiting.append(Waiting(need.sending, empty.describe(), empty.resets_at))
        return [need for need, empty in zip(needs, said, strict=True) if empty is None]

    async def _crew(self) -> tuple[int, int]:
        """This worker's place among those that post and were heard of within a lease."""
        since = utc_now() - timedelta(seconds=self._runtime.settings.lease)
        try:
            alive = await self._runtime.db.read(engines.alive, since)
        except Retryable:
            return self._known_crew
        owners = sorted({self._owner, *(owner for owner, serves in alive.items() if queues.POST in serves)})
        self._known_crew = owners.index(self._owner), len(owners)
        return self._known_crew


def _turn_of(word: Wait, said: Said, now: datetime) -> datetime | None:
    """What waits for its account keeps its place in line, for nobody claims from there; else it waits by itself."""
    paced = said.common and word.bucket.limit.each is Each.ACCOUNT
    return None if paced else now + timedelta(seconds=word.seconds)


def _sort_out(counted: Sequence[Need], said: Said, unready: Unready) -> Iterable[Ready]:
    """Those with a permit; the others and what is used up go into `unready`."""
    now = utc_now()
    for need, word in zip(counted, said.words, strict=True):
        if isinstance(word, Permit):
            yield Ready(need.sending, word, need.budgets)
            continue
        unready.unspent += need.budgets
        unready.waiting.append(Waiting(need.sending, word.bucket.describe(), _turn_of(word, said, now)))
    if said.common:
        for account_id, bucket in {(need.sending.account_id, bucket) for need in counted for bucket in need.buckets}:
            wait = timedelta(seconds=said.room[bucket]) - AHEAD
            if bucket.limit.each is Each.ACCOUNT and wait > timedelta(0):
                unready.paced[account_id, bucket] = wait
