"""What `tests/platforms/pace.py` works with: a creator with one account on a simulated platform."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engage.ledger import apps, creators, turns
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.tables import accounts, deliveries, messages, replies
from engage.limits import REPLY, Limit
from engage.models import Answer, Card, Disclosure, Mode, Persona, Reply, Surface
from engage.settings import load
from tests.platforms.base import Simulator
from tests.platforms.pace_cases import Case
from tests.serving import receiver
from workers import connecting, queues, services
from workers.engine import Engine
from workers.listen import Listener
from workers.runtime import Runtime, utc_now

WRITING_SECONDS, STOP_SECONDS = 240.0, 30.0
LATER = timedelta(minutes=1)  # every debounce is over by then
DAY = timedelta(days=1)
POSTERS, GROUP = 2, 200
TAKING_IN, POSTING = frozenset({queues.INTAKE, queues.UPKEEP}), frozenset({queues.POST})


@dataclass
class Stage:
    """A creator with one account on a simulated platform."""

    case: Case
    platform: Simulator
    runtime: Runtime
    account_id: str
    asked: int = 0
    answered: int = 0

    def calls(self) -> list[float]:
        """When the platform was asked to post something."""
        path, only = self.case.post, "/sendMessage" if self.case.platform == "telegram" else ""
        return [call.at for call in self.platform.calls_to(path, "POST") if call.path.endswith(only)]

    async def rows(self, query: Any) -> list[Any]:
        return await self.runtime.db.read(lambda tx: list(tx.execute(query)))

    async def until(self, happened: Callable[[], Any], what: str, seconds: float) -> None:
        """Waits for something true; `happened` may be a coroutine function."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = happened()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.05)
        states = Counter(await self.rows(select(deliveries.c.state, deliveries.c.reason)))
        kept = Counter(await self.rows(select(messages.c.kept_because)))
        raise AssertionError(f"{self.case.name}: waited {seconds:g} s for {what}; {states}; {kept}")

    async def fill(self, count: int) -> None:
        """`count` more followers write, and the answer to each of them is due."""
        await self.until(lambda: self.case.ready(self.platform), "the listener", WRITING_SECONDS)
        for portion in [1] * count if self.case.in_turn else [count]:
            await asyncio.to_thread(self._ask, portion)
            await self.until(self._all_answered, f"{self.asked} answers", WRITING_SECONDS)

    def _ask(self, count: int) -> None:
        hook = self.runtime.hook_of(self.case.platform, self.account_id)
        for number in range(self.asked, self.asked + count):
            self.case.ask(self.platform, hook, number)
        self.asked += count

    async def _all_answered(self) -> bool:
        self.answered += await self.runtime.db.run(_answer, self.answered)
        return self.answered >= self.asked

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """Workers for the queue of replies."""
        engines = [Engine(Runtime.start(self.runtime.settings), POSTING) for _ in range(POSTERS)]
        async with _running(engines):
            yield

    async def limits(self) -> list[Limit]:
        """What the connector declares for replies of this surface."""
        connector = await self.runtime.connector(self.account_id)
        return [one for one in connector.limits if one.endpoint == REPLY and self.case.surface in one.surfaces]

    async def said(self, since: int) -> dict[str, Any]:
        """What the platform and we had to complain about. since: replies that it had taken before."""
        [account] = await self.rows(select(accounts).where(accounts.c.id == self.account_id))
        refused = len(self.calls()) - (self.case.accepted(self.platform) - since)
        limited = sum(n for (_, status), n in self.platform.answer_counts.items() if status == 429)
        states = Counter(row.state for row in await self.rows(select(replies.c.state)))
        said = {"rate_limited": limited, "refused": refused, "slowed": account.blocked_until is not None}
        return {**said, "replies": dict(states)}


@asynccontextmanager
async def stage(case: Case, platform: Simulator, folder: Path, redis_url: str) -> AsyncIterator[Stage]:
    """Its account is connected, and the listener, the receiver and a worker for the intake are at work."""
    port = services.free_port()
    public_url = f"http://127.0.0.1:{port}" if case.public else ""
    quick = {"debounce": 0.1, "max_age_live": 3600.0}
    settings = load({}, home=folder / "home", redis_url=redis_url, public_url=public_url, **quick)
    runtime = Runtime.start(settings)
    grant = case.grant(platform)
    grant = await grant if isinstance(grant, Awaitable) else grant
    with runtime.db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="ada", display_name="Ada"), utc_now())
        if app := case.app(platform):
            apps.store(tx, case.platform, app.config, runtime.vault.lock(app.secrets), utc_now())
        [account_id] = connecting.store(tx, runtime.vault, "test", case.platform, who.id, [grant], utc_now())
        for surface in Surface:
            creators.set_mode(tx, account_id, surface, Mode.AUTO, timedelta(0))
    with ExitStack() as stack:
        stack.enter_context(receiver(settings, port))
        async with _running([Engine(Runtime.start(settings), TAKING_IN), Listener(Runtime.start(settings))]):
            yield Stage(case, platform, runtime, account_id)
        await runtime.aclose()


@asynccontextmanager
async def _running(working: Sequence[Engine | Listener]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in working]
    try:
        yield
    finally:
        for one in working:
            one.stop()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()


def _answer(tx: Any, number: int) -> int:
    """Conclude what can be; each answer is another text, for some platforms take none twice."""
    now = utc_now()
    claimed = [one for surface in Surface for one in turns.claim(tx, surface, GROUP, "pace", LATER, now + LATER)]
    texts = [f"This one, and it is enough: {number + n}." for n in range(len(claimed))]
    outcomes = [Answer(Reply(text, Disclosure.NATIVE), Card(reasons=("supported",))) for text in texts]
    batch = [Conclusion(one, outcome, now + DAY) for one, outcome in zip(claimed, outcomes, strict=True)]
    return conclude_all(tx, batch, 1, now).count("done")
