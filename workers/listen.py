"""The listener: asks platforms that do not call us, and keeps what they say with the cursor that follows it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from engage.errors import EngageError, Retryable, Unauthorized
from engage.ledger import creators, inbox
from engage.ledger.ids import new_id
from engage.ledger.inbox import Incoming
from engage.platform import Page, PollSource, StreamSource
from engage.settings import load
from workers import process, queues
from workers.runtime import Runtime, utc_now

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
ROUND = timedelta(seconds=1)  # how often accounts are looked over for a poll or stream to take up
ERROR_PAUSE = timedelta(seconds=5)


class Listener:
    """Holds polls and streams by lease: a second listener takes only what the first does not hold."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            await self._take_up()
            try:
                await asyncio.wait_for(self._stopping.wait(), ROUND.total_seconds())
            except TimeoutError:
                continue
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.runtime.aclose()

    async def _take_up(self) -> None:
        try:
            accounts = await self.runtime.db.read(creators.list_accounts)
        except Retryable as error:
            log.warning("outage", error=str(error))
            return
        for account in accounts:
            for source in self._sources(account):
                key = (account.id, source)
                if key not in self._tasks or self._tasks[key].done():
                    self._tasks[key] = asyncio.create_task(self._follow(account.id, source))

    def _sources(self, account: Row[Any]) -> list[str]:
        try:
            return self.runtime.sources(account) if account.state == "active" else []
        except EngageError as error:  # its connector is not installed any more: the other accounts go on
            log.warning("listening_failed", account=account.id, error=str(error))
            return []

    async def _follow(self, account_id: str, source: str) -> None:
        """Take the lease, work one spell, give it back."""
        next_at, error = None, ""
        try:
            cursor = await self._lease(account_id, source)
            if cursor is None:
                return
            try:
                await self._while_held(account_id, source, self._listen(account_id, source, cursor))
            except Retryable as problem:
                next_at, error = utc_now() + (problem.retry_after or ERROR_PAUSE), str(problem)
            except Unauthorized as problem:
                error = str(problem)
                await self.runtime.db.run(creators.lose_access, account_id, error)
            finally:  # also where this listener is stopped: the next one need not wait for the lease to run out
                await self.runtime.db.run(inbox.free_source, account_id, source, self.owner, next_at, error)
        except EngageError as problem:
            log.warning("listening_failed", account=account_id, source=source, error=str(problem))
        except Exception:
            log.exception("listening_failed", account=account_id, source=source)
            await asyncio.sleep(ERROR_PAUSE.total_seconds())

    async def _lease(self, account_id: str, source: str) -> str | None:
        now = utc_now()
        return await self.runtime.db.run(inbox.lease_source, account_id, source, self.owner, LEASE, now)

    async def _while_held(self, account_id: str, source: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` and renew the lease beside it; a stream may be silent for hours. Stops where the lease is lost."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=LEASE.total_seconds() / 3))[0]:
                renewed = (account_id, source, self.owner, LEASE, utc_now())
                if not await self.runtime.db.run(inbox.renew_source, *renewed):
                    return
            await task
        finally:  # also where this listener stops or cannot renew: a second `work` must not run beside this one
            task.cancel()
            await asyncio.wait({task})

    async def _listen(self, account_id: str, source: str, cursor: str) -> None:
        connector = await self.runtime.connector(account_id)
        if source == "poll" and isinstance(connector, PollSource):
            await self._keep(account_id, source, await connector.poll(cursor))
        elif source == "stream" and isinstance(connector, StreamSource):
            async for page in connector.listen(cursor):
                if not await self._keep(account_id, source, page):
                    return

    async def _keep(self, account_id: str, source: str, page: Page) -> bool:
        """Store a page with its cursor; False where another listener has the lease now."""
        now = utc_now()
        batch = [Incoming(account_id, event.key, source, event.body) for event in page.events]
        kept = await self.runtime.db.run(
            inbox.save_page, account_id, source, self.owner, batch, page.cursor, now + page.wait, now
        )
        if kept and batch:
            self.runtime.waker.wake(queues.INTAKE)
        return kept


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
