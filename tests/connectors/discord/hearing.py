"""Following a connector's stream in a test, as a listener does: page by page, and from the saved cursor on."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from connectors.discord.connector import DiscordConnector
from connectors.discord.parse import parse
from engage.errors import Retryable
from engage.models import Event
from engage.platform import Page, RawEvent
from tests.connectors.discord import kit

SECONDS = 15.0


class Ear:
    """What was heard, and the cursor that a ledger would have. It hears from the first page on, once `follow` runs."""

    def __init__(self, connector: DiscordConnector, cursor: str = "") -> None:
        self.connector = connector
        self.cursor = cursor
        self.pages: list[Page] = []
        self.problems: list[Retryable] = []
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def raw(self) -> list[RawEvent]:
        return [event for page in self.pages for event in page.events]

    @property
    def keys(self) -> list[str]:
        return [event.key for event in self.raw]

    @property
    def events(self) -> list[Event]:
        return [event for raw in self.raw for event in parse(json.loads(raw.body), kit.BOT)]

    @property
    def texts(self) -> list[str]:
        return [event.message.text for event in self.events if event.message]

    async def once(self) -> None:
        """One connection, until it ends or raises."""
        async with aclosing(self.connector.listen(self.cursor)) as pages:  # type: ignore[type-var]
            async for page in pages:
                async with self._news:
                    self.pages.append(page)
                    self.cursor = page.cursor
                    self._news.notify_all()

    async def _follow(self) -> None:
        while True:
            try:
                await self.once()
            except Retryable as problem:
                async with self._news:
                    self.problems.append(problem)
                    self._news.notify_all()

    async def until(self, happened: Callable[["Ear"], Any]) -> None:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: happened(self))

    async def __aenter__(self) -> "Ear":
        self._task = asyncio.create_task(self._follow())
        await self.until(lambda ear: ear.pages)
        return self

    async def __aexit__(self, *_: Any) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
