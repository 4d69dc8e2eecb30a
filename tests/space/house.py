"""A page with its receiver, and nobody at work: what is written to it waits in the ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from connectors.webchat.connect import CONNECT
from engage import intake
from engage.grants import Grant
from engage.ledger import creators
from engage.models import Persona
from engage.platform import App
from engage.settings import load
from tests.serving import receiver
from workers import connecting
from workers.runtime import Runtime, utc_now

PAGE = "/@tilly"


@dataclass(frozen=True, slots=True)
class House:
    """The page's account, and where it is served."""

    runtime: Runtime
    account_id: str
    url: str

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table, once everything that came is taken in."""
        with self.runtime.db.transaction() as tx:
            intake.process(tx, self.runtime.parser_of, self.runtime.intake_policy, utc_now())
            return list(tx.execute(select(table)))


async def granted() -> Grant:
    [grant] = await CONNECT.grant(App("webchat"), {"name": " @Tilly "})
    assert grant == Grant("tilly", "@tilly", {})
    return grant


@asynccontextmanager
async def opened(home: Path, database_url: str) -> AsyncIterator[House]:
    settings = load({}, home=home, database_url=database_url, redis_url="redis://127.0.0.1:1/0")
    runtime, grant = Runtime.start(settings), await granted()
    with runtime.db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), utc_now())
        [account] = connecting.store(tx, runtime.vault, "test", "webchat", who.id, [grant], utc_now())
    with receiver(settings) as url:
        yield House(runtime, account, url)
    await runtime.aclose()


def caller(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=20)


async def write(client: httpx.AsyncClient, text: str, number: str = "1") -> httpx.Response:
    return await client.post(f"{PAGE}/lines", json={"id": number, "text": text})


async def said(client: httpx.AsyncClient) -> list[Any]:
    return list((await client.get(f"{PAGE}/lines")).json()["lines"])
