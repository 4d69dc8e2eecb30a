"""What a visitor tells the avatar of a page: remembered for them, told to them, and erased, through the whole stack."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engage.ledger.tables import decisions, facts, replies
from tests.platforms.journey import Journey, journey
from tests.space.house import caller, granted, write


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Journey]:
    """With a worker, who answers."""
    async with journey(tmp_path, "webchat", await granted()) as found:
        yield found


async def tell(way: Journey, visitor: httpx.AsyncClient, text: str, number: int) -> None:
    """Written and decided about."""
    before = len(await way.rows(decisions))
    await write(visitor, text, str(number))

    async def decided() -> bool:
        return len(await way.rows(decisions)) > before

    await way.until(decided, f"a decision about {text!r}")


async def ask(way: Journey, visitor: httpx.AsyncClient, text: str, number: int) -> str:
    """The reply in the outbox: how it gets from there to the page is told elsewhere."""
    asked = (await write(visitor, text, str(number))).json()["id"]

    async def written() -> list[str]:
        return [row.text for row in await way.rows(replies) if row.in_reply_to == asked]

    [answer] = await way.until(written, f"a reply to {text!r}")
    return str(answer)


async def values(way: Journey) -> list[Any]:
    return [row.value for row in await way.rows(facts)]


async def test_a_visitor_is_remembered_told_so_and_forgotten(way: Journey) -> None:
    base = way.hook.partition("/hooks")[0]
    async with caller(base) as ana, caller(base) as other:
        await tell(way, ana, "Hi, my name is Ana. I prefer decaf.", 1)
        assert await values(way) == ["Ana", "I prefer decaf"]
        known, nothing = await asyncio.gather(
            ask(way, ana, "What do you know about me?", 2), ask(way, other, "What do you know about me?", 1)
        )
        assert known.splitlines()[1:] == ["• you said: I prefer decaf", "• name: Ana"]
        assert "noted nothing" in nothing
        assert "forgotten what you told me" in await ask(way, ana, "Forget me, please.", 3)
        assert await values(way) == []
