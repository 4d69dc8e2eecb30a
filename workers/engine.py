"""The asyncio engine inside every worker process: claims what is due in the ledger and keeps many calls in flight."""

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from engage import intake
from engage.errors import EngageError, Retryable
from engage.ledger import engines, outbox, turns
from engage.ledger.assemble import Assembled, assemble
from engage.ledger.creators import get_mode
from engage.ledger.ids import new_id
from engage.ledger.outbox import Sending
from engage.ledger.turns import Claimed
from engage.models import Card, Outcome, Skip, Surface
from engage.posting import Poster, backoff
from workers import queues
from workers.pump import Pump
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

IDLE = timedelta(seconds=1)  # without a wake-up (Redis down, message lost) work is found this late
UPKEEP_EVERY = timedelta(seconds=5)
INTAKE_BATCH = 100
STOP_SECONDS = 20  # what is in flight may finish for this long after SIGTERM


class Engine:
    """Works on the given queues until stopped."""

    def __init__(self, runtime: Runtime, consumed: frozenset[str]) -> None:
        self.runtime = runtime
        self._consumed = sorted(consumed)
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._lanes = [lane for lane in queues.LANES if lane.value in consumed]
        self._lease = timedelta(seconds=runtime.settings.lease)
        self._poster = Poster(runtime.db, runtime.connector, runtime.settings.reply_attempts, utc_now)
        self._answering: set[asyncio.Task[None]] = set()
        self._posting: set[asyncio.Task[None]] = set()
        self._pumps = self._make_pumps(consumed)

    def _make_pumps(self, consumed: frozenset[str]) -> dict[str, Pump]:
        pumps: dict[str, Pump] = {}
        if queues.INTAKE in consumed:
            pumps[queues.INTAKE] = Pump("intake", self._take_in)
        if self._lanes:
            answering = Pump("answer", self._answer_due)
            pumps |= {lane.value: answering for lane in self._lanes}
        if queues.POST in consumed:
            pumps[queues.POST] = Pump("post", self._post_due)
        if queues.UPKEEP in consumed:
            pumps[queues.UPKEEP] = Pump("upkeep", self._keep_up)
        return pumps

    def wake(self, queue: str) -> None:
        """Here if this process serves the queue, else in another process."""
        pump = self._pumps.get(queue)
        if pump is not None:
            pump.wake()
        else:
            self.runtime.waker.wake(queue)

    async def run(self) -> None:
        """Until `stop`; then what is in flight gets STOP_SECONDS."""
        log.info("engine_started", owner=self.owner, lanes=[lane.value for lane in self._lanes])
        if self._lanes:
            await self.runtime.avatar()  # the encoder loads now, not under the first follower's question
        await self._report()
        await asyncio.gather(*(pump.run() for pump in set(self._pumps.values())))
        if self._answering or self._posting:
            await asyncio.wait(self._answering | self._posting, timeout=STOP_SECONDS)
        for task in self._answering | self._posting:
            task.cancel()
        await self._note(engines.leave, self.owner)
        await self.runtime.aclose()

    def stop(self) -> None:
        for pump in self._pumps.values():
            pump.stop()

    # intake ---------------------------------------------------------------------------------------------------------

    async def _take_in(self) -> timedelta:
        done = await self.runtime.db.run(
            intake.process, self.runtime.parser_of, self.runtime.intake_policy, utc_now(), INTAKE_BATCH
        )
        for delivery_id, error in done.failures.items():
            log.error("delivery_failed", delivery=delivery_id, error=f"{type(error).__name__}: {error}")
        for lane in done.lanes:
            self.wake(lane.value)
        return timedelta(0) if done.deliveries == INTAKE_BATCH else IDLE

    # answering ------------------------------------------------------------------------------------------------------

    async def _answer_due(self) -> timedelta:
        for place, lane in enumerate(self._lanes):
            await self._claim_lane(lane, reserved=len(self._lanes) - place - 1)
        due = await self.runtime.db.read(turns.next_due, self._lanes)
        return _until(due) if self._free() else IDLE

    def _free(self) -> int:
        return self.runtime.settings.concurrency - len(self._answering)

    async def _claim_lane(self, lane: Surface, reserved: int) -> None:
        # Every lane below this one keeps an eighth of the places: live comes first, and comments still move.
        limit = self._free() - reserved * (self.runtime.settings.concurrency // 8)
        now = utc_now()
        for claimed in await self.runtime.db.run(turns.claim, lane, limit, self.owner, self._lease, now):
            self._spawn(self._answering, self._answer(claimed), lane.value)

    def _spawn(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None], queue: str) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)

        def over(done: asyncio.Task[None]) -> None:
            tasks.discard(done)
            self.wake(queue)

        task.add_done_callback(over)

    async def _answer(self, claimed: Claimed) -> None:
        try:
            seen = await self._with_capabilities(claimed)
            outcome = await self._decide(seen)
            await self._conclude(claimed, seen, outcome)
        except Retryable as error:
            now = utc_now()
            wait = error.retry_after or backoff(claimed.attempts + 1)
            log.warning("answer_postponed", turn=claimed.id, error=f"{type(error).__name__}: {error}")
            await self._note(turns.retry_later, claimed, now + wait, str(error), now)
        except Exception as error:
            log.exception("answer_failed", turn=claimed.id)
            reason = str(error) if isinstance(error, EngageError) else type(error).__name__
            await self._note(turns.give_up, claimed, reason, utc_now())

    async def _note(self, write: Callable[..., None], *args: Any) -> None:
        """Write something down that may be missed: a lost failure note only means that the lease runs out."""
        try:
            await self.runtime.db.run(write, *args)
        except Retryable as error:
            log.warning("not_noted", what=write.__name__, error=str(error))

    async def _with_capabilities(self, claimed: Claimed) -> Assembled:
        seen = await self.runtime.db.read(assemble, claimed.id, utc_now())
        connector = await self.runtime.connector(claimed.account_id)
        able = await connector.capabilities(claimed.surface, seen.conversation_id, utc_now())
        return replace(seen, turn=replace(seen.turn, capabilities=able))

    async def _decide(self, seen: Assembled) -> Outcome:
        if not seen.turn.messages:
            return Skip(Card(reasons=("deleted",)))
        avatar = await self.runtime.avatar()
        return await avatar.answer(seen.turn, seen.persona)

    async def _conclude(self, claimed: Claimed, seen: Assembled, outcome: Outcome) -> None:
        expiry = self.runtime.reply_expiry(claimed.surface, seen.turn.capabilities, utc_now())
        rewrites = self.runtime.settings.turn_rewrites
        written = await self.runtime.db.run(
            _conclude, claimed, outcome, rewrites=rewrites, reply_expiry=expiry, now=utc_now()
        )
        log.info("turn", turn=claimed.id, result=written, outcome=type(outcome).__name__, reasons=outcome.card.reasons)
        if written == "done" and not isinstance(outcome, Skip):
            self.wake(queues.POST)

    # posting --------------------------------------------------------------------------------------------------------

    async def _post_due(self) -> timedelta:
        now = utc_now()
        await self.runtime.db.run(outbox.release_held, now)
        await self._claim_replies(outbox.claim_due, self._poster.post)
        await self._claim_replies(outbox.claim_uncertain, self._poster.settle)
        return _until(await self.runtime.db.read(outbox.next_due))

    async def _claim_replies(
        self, claim: Callable[..., list[Sending]], do: Callable[[Sending], Awaitable[str]]
    ) -> None:
        limit = self.runtime.settings.concurrency - len(self._posting)
        for sending in await self.runtime.db.run(claim, limit, self.owner, self._lease, utc_now()):
            self._spawn(self._posting, self._post(sending, do), queues.POST)

    async def _post(self, sending: Sending, do: Callable[[Sending], Awaitable[str]]) -> None:
        try:
            state = await do(sending)
            log.info("reply", reply=sending.outgoing.id, state=state, attempt=sending.attempts)
        except Retryable as error:
            log.warning("receipt_not_noted", reply=sending.outgoing.id, error=str(error))
        except Exception:
            log.exception("posting_failed", reply=sending.outgoing.id)

    # upkeep ---------------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> timedelta:
        now = utc_now()
        db = self.runtime.db
        await self._report()
        await db.run(turns.sweep, self.runtime.turn_expiry, now)
        await db.run(outbox.sweep, now)
        await db.run(outbox.expire, now)
        for queue in (queues.INTAKE, *(lane.value for lane in queues.LANES), queues.POST):
            if queue in self._pumps:
                self._pumps[queue].wake()
        await self.runtime.index_new_passages()
        return UPKEEP_EVERY

    async def _report(self) -> None:
        await self._note(engines.report, self.owner, self._consumed, utc_now())

    async def hold_leases(self) -> None:
        """Renew what this engine holds, as long as it is alive."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                await self.runtime.db.run(turns.extend_leases, self.owner, self._lease, utc_now())
                await self.runtime.db.run(outbox.extend_leases, self.owner, self._lease, utc_now())
                await self._report()
            except Retryable as error:
                log.warning("leases_not_renewed", error=str(error))
            except Exception:
                log.exception("leases_not_renewed")  # a lease must not end because of a bug beside it


def _conclude(
    tx: Connection, claimed: Claimed, outcome: Outcome, *, rewrites: int, reply_expiry: timedelta, now: datetime
) -> str:
    """In the mode that the creator wants now, not the one they wanted when the writing began."""
    mode = get_mode(tx, claimed.account_id, claimed.surface)
    return turns.conclude(tx, claimed, outcome, mode, rewrites=rewrites, reply_expiry=reply_expiry, now=now)


def _until(due: datetime | None) -> timedelta:
    """The time until `due`, within IDLE: another process may add something earlier.

    What is due already and was not claimed waits for something else (its conversation's order, a pause): no hurry.
    """
    now = utc_now()
    return IDLE if due is None or due <= now else min(IDLE, due - now)


class EngineThread:
    """An engine with its event loop on a thread, beside Celery's own loop."""

    def __init__(self, consumed: frozenset[str]) -> None:
        self._consumed = consumed
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def wake(self, queue: str) -> None:
        if self._loop is not None and self._engine is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._engine.wake, queue)

    def stop(self) -> None:
        if self._loop is not None and self._engine is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._engine.stop)

    def join(self) -> None:
        self.stop()
        self._thread.join(timeout=STOP_SECONDS + 5)

    def _main(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._engine = Engine(Runtime.start(), self._consumed)
        self._ready.set()
        holding = asyncio.create_task(self._engine.hold_leases())
        try:
            await self._engine.run()
        finally:
            holding.cancel()
