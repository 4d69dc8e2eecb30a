"""The listener: asks platforms that do not call us, and keeps what they say with the cursor that follows it."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime, timedelta
from functools import partial

import structlog

from engage.errors import ConfigError, EngageError, Retryable, Unauthorized, Unavailable
from engage.ledger import quotas, renewals, sources
from engage.ledger.ids import new_id
from engage.ledger.inbox import Incoming
from engage.ledger.quotas import Budget, budgets_of_look
from engage.ledger.sources import Heard, Held, Key
from engage.platform import Connector, Page, PollSource, StreamSource
from engage.settings import load
from workers import process, queues
from workers.group_commit import GroupCommit
from workers.pace import GAP
from workers.pump import Pump
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
ROUND = timedelta(seconds=1)  # how often due sources and changed accounts are looked for
ERROR_PAUSE = timedelta(seconds=5)  # doubled with each further failure in a row
LONGEST_PAUSE = timedelta(minutes=2)
CONFIG_PAUSE = timedelta(minutes=5)
RECONNECT = timedelta(seconds=1)  # a stream that ended is opened again after this long
POLL_SECONDS = 90  # a poll that takes longer gives its place to another
PLACES = {"poll": 256, "stream": 2000}  # how many of each a listener follows at the same time
ACCOUNTS = 500  # whose sources are written down in one transaction


class Listener:
    """Takes due sources from the line, many at a time, and holds them by lease; another listener takes others."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._following: dict[Key, asyncio.Task[None]] = {}
        self._failures: Counter[Key] = Counter()  # in a row, of the sources that fail here
        self._kept: GroupCommit[Heard, bool] = GroupCommit(self._keep_group, GAP)
        self._taking = asyncio.Lock()  # what is claimed is followed before anybody compares the two
        self._held_until = utc_now() + LEASE
        self._pumps = {source: Pump(source, partial(self._take_up, source), GAP) for source in PLACES}
        self._pumps["sources"] = Pump("sources", self._write_down)

    def stop(self) -> None:
        for pump in self._pumps.values():
            pump.stop()

    async def run(self) -> None:
        """Until `stop`; then every stream is hung up and given back."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.runtime.aclose)
            await stack.enter_async_context(self._kept)
            await self._look_again()
            holding = asyncio.create_task(self._hold())
            await asyncio.gather(*(pump.run() for pump in self._pumps.values()))
            holding.cancel()
            await self._hang_up(list(self._following))
            await self._leave()

    async def _look_again(self) -> None:
        """Connectors that are new here, or learnt to poll or stream, count from now on."""
        try:
            await self.runtime.db.run(sources.look_again, self.runtime.offer_of)
        except Retryable as error:
            log.warning("outage", error=str(error))

    async def _write_down(self) -> timedelta:
        runtime = self.runtime
        changed = await runtime.db.run(sources.write_down, runtime.offer_of, runtime.sources, ACCOUNTS, utc_now())
        if changed:
            for source in PLACES:
                self._pumps[source].wake()
        return timedelta(0) if changed == ACCOUNTS else ROUND

    async def _take_up(self, source: str) -> timedelta:
        """Follow what is due, as far as there are places; a place that gets free wakes this again."""
        free = PLACES[source] - sum(key[1] == source for key in self._following)
        if free <= 0:
            return ROUND
        async with self._taking:
            held = await self.runtime.db.run(sources.claim, source, free, self.owner, LEASE, utc_now())
            await self.runtime.refresh({one.account_id for one in held})  # their credentials of this moment
            for one in held:
                if one.key not in self._following:
                    self._follow(one)
        return ROUND

    def _follow(self, held: Held) -> None:
        task = asyncio.create_task(self._attend(held))
        self._following[held.key] = task
        task.add_done_callback(lambda _: self._ended(held.key))

    def _ended(self, key: Key) -> None:
        del self._following[key]
        self._pumps[key[1]].wake()

    # one source ----------------------------------------------------------------------------------------------------

    async def _attend(self, held: Held) -> None:
        """Listen for one spell, and give the source back with the time of the next one."""
        wait, error, begun_at = RECONNECT, "", utc_now()
        try:
            if await self._listen(held):
                return
        except Retryable as problem:
            wait, error = problem.retry_after or self._pause(held), str(problem)
        except Unauthorized as problem:
            wait, error = self._pause(held), str(problem)
            await self._note_refusal(held, error, begun_at)
        except ConfigError as problem:  # somebody has to mend it first
            wait, error = CONFIG_PAUSE, str(problem)
            log.warning("listening_failed", account=held.account_id, source=held.source, error=error)
        except Exception as problem:
            wait, error = self._pause(held), f"{type(problem).__name__}: {problem}"
            known = isinstance(problem, EngageError)
            log.warning(
                "listening_failed", account=held.account_id, source=held.source, error=error, exc_info=not known
            )
        await self._keep(Heard(held.key, next_at=utc_now() + wait, error=error))

    def _pause(self, held: Held) -> timedelta:
        """Longer each time, so that a long outage uses up no quota, and no two alike: nobody comes back all at once."""
        self._failures[held.key] += 1
        doubled: timedelta = ERROR_PAUSE * 2.0 ** min(self._failures[held.key] - 1, 10)
        return min(doubled, LONGEST_PAUSE) * random.uniform(0.8, 1.2)

    async def _note_refusal(self, held: Held, reason: str, since: datetime) -> None:
        try:
            await self.runtime.db.run(renewals.note_refusal, held.account_id, reason, utc_now(), since)
        except Retryable as error:
            log.warning("not_noted", what="refusal", error=str(error))

    async def _listen(self, held: Held) -> bool:
        """True where the source is given back already, or belongs to another."""
        async with self.runtime.using(held.account_id, aged=True) as connector:
            paid = await self._pay(held, connector)
            if held.source == "poll" and isinstance(connector, PollSource):
                page = await _within(POLL_SECONDS, connector, held.cursor)
                await self._settle(paid, page)
                await self._keep(self._heard(held, page, ends=True))
                return True
            if held.source == "stream" and isinstance(connector, StreamSource):
                return await self._hear_out(held, connector.listen(held.cursor), paid)
        return False

    async def _hear_out(self, held: Held, pages: AsyncIterator[Page], paid: Sequence[Budget]) -> bool:
        async with AsyncExitStack() as stack:
            if isinstance(pages, AsyncGenerator):  # hung up also where it ends between two pages
                await stack.enter_async_context(aclosing(pages))
            async for page in pages:
                await self._settle(paid, page)
                ends = page.wait > timedelta(0)
                if not await self._keep(self._heard(held, page, ends=ends)) or ends:
                    return True
        return False

    async def _pay(self, held: Held, connector: Connector) -> Sequence[Budget]:
        """Take what a look costs of the platform's quota. Raises RateLimited where the day's is used up."""
        budgets = budgets_of_look(connector.quotas, held.account_id, held.source, utc_now())
        if budgets:
            await self.runtime.db.run(quotas.pay, budgets, utc_now())
        return budgets

    async def _settle(self, paid: Sequence[Budget], page: Page) -> None:
        if paid and page.unspent:
            await self.runtime.db.run(quotas.give_back, paid, page.unspent)

    def _heard(self, held: Held, page: Page, *, ends: bool) -> Heard:
        del self._failures[held.key]  # (a Counter minds no missing key)
        batch = [Incoming(held.account_id, event.key, held.source, event.body) for event in page.events]
        return Heard(held.key, page.cursor, batch, utc_now() + page.wait if ends else None)

    async def _keep(self, heard: Heard) -> bool:
        """False where another listener has the source now, or the ledger is away: then the lease runs out."""
        try:
            return await self._kept.add(heard)
        except Retryable as error:
            log.warning("not_kept", account=heard.key[0], source=heard.key[1], error=str(error))
            return False

    async def _keep_group(self, batch: list[Heard]) -> list[bool | Exception]:
        kept = await self.runtime.db.run(sources.keep, self.owner, batch, utc_now())
        if any(one and heard.batch for one, heard in zip(kept, batch, strict=True)):
            self.runtime.waker.wake(queues.INTAKE)
        return [*kept]

    # leases ---------------------------------------------------------------------------------------------------------

    async def _hold(self) -> None:
        """Renew what is held, all at once, as long as this process lives."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._renew()
            except Retryable as error:
                log.warning("leases_not_renewed", error=str(error))
                if utc_now() >= self._held_until - LEASE / 3:  # soon others may take them: nobody listens twice
                    await self._hang_up(list(self._following))
            except Exception:
                log.exception("leases_not_renewed")

    async def _renew(self) -> None:
        async with self._taking:
            followed, now = set(self._following), utc_now()
            held = await self.runtime.db.run(sources.renew, self.owner, LEASE, now)
            self._held_until = now + LEASE
            forgotten = held - followed - set(self._following)
        await self._hang_up([key for key in followed if key not in held])
        for key in forgotten:  # its end could not be written
            await self._keep(Heard(key, next_at=utc_now()))

    async def _hang_up(self, keys: list[Key]) -> None:
        tasks = [self._following[key] for key in keys if key in self._following]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _leave(self) -> None:
        try:
            await self.runtime.db.run(sources.leave, self.owner, utc_now())
        except Retryable as error:
            log.warning("not_noted", what="leave", error=str(error))


async def _within(seconds: float, connector: PollSource, cursor: str) -> Page:
    try:
        async with asyncio.timeout(seconds):
            return await connector.poll(cursor)
    except TimeoutError:
        raise Unavailable(f"no page came within {seconds:g} s") from None


async def _main() -> None:
    listener = Listener(Runtime.start())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, listener.stop)
    await listener.run()


def main() -> int:
    process.begin(load().log_level)
    asyncio.run(_main())
    return 0


if __name__ == "__main__":
    sys.exit(main())
