"""The asyncio engine inside every worker process: loops that look into the ledger, and end together."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import structlog
import uvloop

from engage import intake
from engage.errors import Retryable
from engage.ledger import engines, outbox, tallies, turns
from engage.ledger.fair import Rota
from engage.ledger.ids import new_id
from workers import process, queues
from workers.answering import Answering
from workers.erasure_requests import ErasureRequests
from workers.forgetting import Forgetting
from workers.pace import GAP, IDLE, Portion
from workers.pump import Pump
from workers.reindexing import Changing
from workers.renewing import Renewing
from workers.runtime import Runtime, utc_now
from workers.sending import Posting
from workers.subscribing import Subscriptions
from workers.upkeep import Upkeep
from workers.wake import PING

log = structlog.get_logger()

INTAKE_ROWS = (200, 100)  # of a round: most, fewest
INTAKE_SPAN = timedelta(milliseconds=100)  # a delivery that arrives during a flood waits for a round this long
STOP_SECONDS = 20  # what is in flight may finish for this long after SIGTERM


class Engine:
    """Works on the given queues until stopped."""

    def __init__(self, runtime: Runtime, consumed: frozenset[str]) -> None:
        self.runtime = runtime
        self._consumed = sorted(consumed)
        self._serves: list[str] = []  # nothing before everything is loaded
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._lease = timedelta(seconds=runtime.settings.lease)
        self._rota = Rota()
        self._portion = Portion(*INTAKE_ROWS, INTAKE_SPAN)
        self._heard_at: datetime | None = None
        self._lanes = [lane for lane in queues.LANES if lane.value in consumed]
        self._answering = Answering(runtime, self.owner, self._lanes, self.wake)
        self._posting = Posting(runtime, self.owner, self.wake)
        self._upkeep = Upkeep(runtime, self.owner, self._wake_all)
        self._pumps = self._make_pumps(consumed)

    def _make_pumps(self, consumed: frozenset[str]) -> dict[str, Pump]:
        pumps: dict[str, Pump] = {}
        if queues.INTAKE in consumed:
            pumps[queues.INTAKE] = Pump("intake", self._take_in, GAP)
        if self._lanes:
            answering = Pump("answer", self._answering.step, GAP)
            pumps |= {lane.value: answering for lane in self._lanes}
        if queues.POST in consumed:
            pumps[queues.POST] = Pump("post", self._posting.step, GAP)
        if queues.UPKEEP in consumed:
            pumps[queues.UPKEEP] = Pump("upkeep", self._keep_up)
            pumps["vectors"] = Pump("vectors", self._upkeep.index)
            pumps["reindexing"] = Pump("reindexing", Changing(self.runtime, self.owner).step)
            pumps["renewals"] = Pump("renewals", Renewing(self.runtime).step)
            pumps["erasures"] = Pump("erasures", ErasureRequests(self.runtime).step)
            pumps["subscriptions"] = Pump("subscriptions", Subscriptions(self.runtime).step)
        pumps["forgetting"] = Pump("forgetting", Forgetting(self.runtime).step)
        return pumps

    def hear(self, queue: str) -> None:
        """Redis brought a wake-up; a ping says no more than that."""
        self._heard_at = utc_now()
        if not queue.startswith(PING):
            self.wake(queue)

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
        process.keep_what_is_loaded()
        self._serves = self._consumed
        await self._report()
        async with AsyncExitStack() as groups:
            await groups.enter_async_context(self._answering.conclusions)
            await groups.enter_async_context(self._posting)
            await asyncio.gather(*(pump.run() for pump in set(self._pumps.values())))
            await self._finish()
        await self._add_up()
        await self._note(engines.leave, self.owner)
        await self.runtime.aclose()

    async def _finish(self) -> None:
        tasks = self._answering.crew.tasks | self._posting.crew.tasks
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

    def stop(self) -> None:
        for pump in self._pumps.values():
            pump.stop()

    async def _take_in(self) -> timedelta:
        start = time.monotonic()
        done = await self.runtime.db.run(
            intake.process,
            self.runtime.parser_of,
            self.runtime.intake_policy,
            utc_now(),
            self._portion.rows,
            self._rota,
        )
        if done.deliveries == self._portion.rows:
            self._portion.took(time.monotonic() - start)
        for delivery_id, error in done.failures.items():
            log.error("delivery_failed", delivery=delivery_id, error=error)
        for lane in done.lanes:
            self.wake(lane.value)
        return timedelta(0) if done.deliveries else IDLE

    async def _keep_up(self) -> timedelta:
        await self._report()
        return await self._upkeep.sweep()

    def _wake_all(self) -> None:
        """Also without Redis each queue is looked at this often."""
        for pump in self._pumps.values():
            if pump.name not in ("upkeep", "vectors", "reindexing", "erasures"):
                pump.wake()

    async def _report(self) -> None:
        waker = self.runtime.waker
        waker.ping(self._consumed[0])
        await self._note(engines.report, self.owner, self._serves, utc_now(), self._heard_at, waker.published_at)
        await self._add_up()

    async def _add_up(self) -> None:
        counted = self.runtime.tally.take()
        if counted:
            try:
                await self.runtime.db.run(tallies.add, counted)
            except Retryable:
                self.runtime.tally.give_back(counted)

    async def _note(self, write: Callable[..., None], *args: Any) -> None:
        """Write something down that may be missed."""
        try:
            await self.runtime.db.run(write, *args)
        except Retryable as error:
            log.warning("not_noted", what=write.__name__, error=str(error))

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
            self._loop.call_soon_threadsafe(self._engine.hear, queue)

    def stop(self) -> None:
        if self._loop is not None and self._engine is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._engine.stop)

    def join(self) -> None:
        self.stop()
        self._thread.join(timeout=STOP_SECONDS + 5)

    def _main(self) -> None:
        uvloop.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._engine = Engine(Runtime.start(), self._consumed)
        self._ready.set()
        holding = asyncio.create_task(self._engine.hold_leases())
        try:
            await self._engine.run()
        finally:
            holding.cancel()
