"""The whole way of a message, in this process: a platform's event, the ledger, the worker, the posted reply.

    async with journey(tmp_path, "twitch", grant, app) as j:
        deliver(j.hook, body, headers)               # or the simulator emits it where a poll or stream finds it
        reply = await j.answered("message-id")       # the reply as the ledger has it: text, receipt_id, state

It runs the real receiver over HTTP, the real listener, and the real engine of a worker, on SQLite and without Redis:
work is found by looking. The creator is the sample creator Tilly with her own words; `QUESTION` is one that she has
answered before (from one follower once: who repeats themselves gets no second answer). `public=False`: platforms cannot
reach us, so polls and streams bring everything.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from engage.grants import Grant
from engage.ledger import creators
from engage.ledger.tables import accounts, cursors, deliveries, messages, replies, turns
from engage.models import Mode, Surface
from engage.platform import App
from engage.settings import load
from tests.serving import receiver
from workers import connecting, queues, services
from workers.demo import content
from workers.engine import Engine
from workers.listen import Listener
from workers.runtime import Runtime, utc_now

QUESTION = "What is your returns policy?"
COMPLAINT = "Where is my order? It's been three weeks"
SECONDS = 30.0
QUEUES = frozenset({queues.INTAKE, queues.POST, queues.UPKEEP, *(lane.value for lane in queues.LANES)})


@dataclass
class Journey:
    """A creator with one account on a platform, and everything that works for it."""

    runtime: Runtime
    account_id: str
    hook: str  # where the platform's calls for the account arrive

    async def until(self, happened: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
        """Waits for something true and returns it; `happened` may be a coroutine function."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = happened()
            found = await found if isinstance(found, Awaitable) else found
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited {seconds:g} s for {what}; {await self.story()}")

    async def answered(self, message_id: str) -> Row[Any]:
        """Waits until the reply to a message is posted."""
        return await self.until(lambda: self._sent_reply(message_id), f"a posted reply to {message_id}")

    async def over(self, count: int) -> dict[str, Row[Any]]:
        """Waits until so many replies are sent or given up; returns them by surface."""

        async def ended() -> dict[str, Row[Any]]:
            rows = [row for row in await self.rows(replies) if row.state in ("sent", "refused", "dead", "expired")]
            return {row.surface: row for row in rows} if len(rows) == count else {}

        found: dict[str, Row[Any]] = await self.until(ended, f"{count} replies that are sent or given up")
        return found

    async def kept(self, message_id: str) -> Row[Any]:
        """Waits until a message is in the ledger."""
        query = select(messages).where(messages.c.platform_id == message_id)
        return await self.until(lambda: self._first(query), f"message {message_id}")

    async def taken_in(self, count: int = 1) -> list[Row[Any]]:
        """Waits until so many deliveries are processed; returns them all."""

        async def processed() -> list[Row[Any]]:
            rows = await self.rows(deliveries)
            return rows if len(rows) >= count and all(row.state != "received" for row in rows) else []

        found: list[Row[Any]] = await self.until(processed, f"{count} deliveries to be processed")
        return found

    async def account(self) -> Row[Any]:
        found: Row[Any] = await self._first(select(accounts).where(accounts.c.id == self.account_id))
        return found

    async def rows(self, table: Any) -> list[Row[Any]]:
        """All rows of a table of the ledger."""
        return await self.runtime.db.read(lambda tx: list(tx.execute(select(table))))

    async def story(self) -> str:
        """What is in the ledger, for whoever reads why a test waited in vain."""
        said = [f"account: {(await self.account()).state} {(await self.account()).reason}"]
        said += [f"source {row.source}: {row.error or 'no error'}" for row in await self.rows(cursors)]
        said += [f"delivery {row.dedupe_key}: {row.state} {row.reason}" for row in (await self.rows(deliveries))[:20]]
        said += [f"message {row.platform_id}: {row.kept_because or 'in a turn'}" for row in await self.rows(messages)]
        said += [f"turn {row.surface}: {row.state}" for row in await self.rows(turns)]
        said += [f"reply {row.in_reply_to}: {row.state} {row.reason}" for row in await self.rows(replies)]
        return "\n".join(said)

    async def _first(self, query: Any) -> Any:
        return await self.runtime.db.read(lambda tx: tx.execute(query).first())

    async def _sent_reply(self, message_id: str) -> Row[Any] | None:
        row = await self._first(select(replies).where(replies.c.in_reply_to == message_id))
        return row if row is not None and row.state == "sent" else None


@asynccontextmanager
async def journey(
    folder: Path,
    platform: str,
    grant: Grant,
    app: App | None = None,
    *,
    public: bool = True,
    mode: Mode = Mode.AUTO,
    redis_url: str = "redis://127.0.0.1:1/0",
) -> AsyncIterator[Journey]:
    """See the module."""
    port = services.free_port()
    here = f"http://127.0.0.1:{port}"
    settings = load({}, home=folder / "home", redis_url=redis_url, public_url=here if public else "", debounce=0.1)
    runtime = Runtime.start(settings)
    account_id = _connect(runtime, platform, grant, app, mode)
    engine, listener = Engine(runtime, QUEUES), Listener(Runtime.start(settings))
    with ExitStack() as stack:
        stack.enter_context(receiver(settings, port))
        working = [asyncio.create_task(engine.run()), asyncio.create_task(listener.run())]
        hook = runtime.hook_of(platform, account_id)
        try:
            yield Journey(runtime, account_id, hook)
        finally:
            engine.stop()
            listener.stop()
            await asyncio.wait(working, timeout=timedelta(seconds=20).total_seconds())
            for task in working:
                task.cancel()


def _connect(runtime: Runtime, platform: str, grant: Grant, app: App | None, mode: Mode) -> str:
    persona, _ = content.add_creator(runtime.db, content.CONFIG / "creators" / "tilly")
    with runtime.db.transaction() as tx:
        if app is not None:
            connecting.apps.store(tx, platform, app.config, runtime.vault.lock(app.secrets), utc_now())
        account_id = connecting.store(tx, runtime.vault, "test", platform, persona.id, [grant], utc_now())[0]
        for surface in Surface:
            creators.set_mode(tx, account_id, surface, mode, timedelta(0))
    return account_id
