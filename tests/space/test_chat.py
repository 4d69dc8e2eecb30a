"""The page where anyone can talk to the avatar, from a visitor's words to the answer they read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from connectors.webchat.connect import CONNECT
from engage import intake
from engage.errors import Refused
from engage.ledger import creators
from engage.ledger.tables import decisions, followers, messages, replies
from engage.models import Mode, Persona, Surface
from engage.platform import App, Grant
from engage.settings import load
from tests.platforms.journey import QUESTION, Journey, journey
from tests.serving import receiver
from workers import connecting
from workers.runtime import Runtime, utc_now
from workers.space import chat, visitors

PAGE = "/@tilly"


async def granted() -> Grant:
    [grant] = await CONNECT.grant(App("webchat"), {"name": " @Tilly "})
    assert grant == Grant("tilly", "@tilly", {})
    return grant


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Journey]:
    """With a worker, who answers."""
    async with journey(tmp_path, "webchat", await granted()) as found:
        yield found


@dataclass(frozen=True, slots=True)
class House:
    """A page, and nobody at work."""

    runtime: Runtime
    account_id: str
    url: str

    def rows(self, table: Any) -> list[Any]:
        with self.runtime.db.transaction() as tx:
            intake.process(tx, self.runtime.parser_of, self.runtime.intake_policy, utc_now())
            return list(tx.execute(select(table)))


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = load({}, home=tmp_path / "home", database_url=sqlite_url, redis_url="redis://127.0.0.1:1/0")
    runtime, grant = Runtime.start(settings), await granted()
    with runtime.db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), utc_now())
        [account] = connecting.store(tx, runtime.vault, "test", "webchat", who.id, [grant], utc_now())
    with receiver(settings) as url:
        yield House(runtime, account, url)
    await runtime.aclose()


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(house.url) as client:
        yield client


def caller(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=20)


async def write(client: httpx.AsyncClient, text: str, number: str = "1") -> httpx.Response:
    return await client.post(f"{PAGE}/lines", json={"id": number, "text": text})


async def said(client: httpx.AsyncClient) -> list[Any]:
    return list((await client.get(f"{PAGE}/lines")).json()["lines"])


async def test_a_visitor_asks_reads_the_answer_and_is_forgotten(way: Journey) -> None:
    async with caller(way.hook.partition("/hooks")[0]) as visitor:
        taken = await write(visitor, QUESTION)
        reply = await way.answered(taken.json()["id"])
        shown = await said(visitor)
        assert [(line["text"], line["ours"]) for line in shown] == [(QUESTION, False), (reply.text, True)]
        await visitor.delete(f"{PAGE}/lines")
        assert await said(visitor) == []
    assert (await way.rows(replies), await way.rows(messages)) == ([], [])


async def test_in_shadow_mode_nothing_is_shown(way: Journey) -> None:
    await way.runtime.db.run(creators.set_mode, way.account_id, Surface.DM, Mode.SHADOW)
    async with caller(way.hook.partition("/hooks")[0]) as visitor:
        await write(visitor, QUESTION)

        async def decided() -> list[Any]:
            return await way.rows(decisions)

        await way.until(decided, "a decision")
        assert [line["ours"] for line in await said(visitor)] == [False]


async def test_who_only_looks_is_nobody_yet(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get(PAGE)
    assert page.status_code == 200
    assert "automated" in page.text
    about = (await visitor.get(f"{PAGE}/lines")).json()["about"]
    assert (about["name"], about["open"]) == ("Tilly", True)
    assert not visitor.cookies


async def test_what_is_sent_twice_is_said_once(house: House, visitor: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await write(visitor, QUESTION)).status_code == 202
    assert len(house.rows(messages)) == 1


async def test_nobody_reads_what_another_said(house: House, visitor: httpx.AsyncClient) -> None:
    taken = await write(visitor, QUESTION)
    assert len(house.rows(messages)) == 1
    assert len(await said(visitor)) == 1
    async with caller(house.url) as other:
        assert await said(other) == []
        name = taken.json()["id"].partition(":")[0]
        for forged in (name, f"{name}.", f"{name}.{'0' * 32}", visitors.signed("guessed", "tilly", name)):
            other.cookies.set(visitors.COOKIE, forged)
            assert await said(other) == []


async def test_forget_me_erases_what_was_said_and_who_said_it(house: House, visitor: httpx.AsyncClient) -> None:
    await write(visitor, QUESTION)
    assert len(house.rows(followers)) == 1
    for _ in range(2):
        assert (await visitor.delete(f"{PAGE}/lines")).json() == {"forgotten": True}
    assert await said(visitor) == []
    assert (house.rows(messages), house.rows(followers)) == ([], [])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"id": "1", "text": "x" * (chat.LONGEST + 1)}, "at most 1000"),
        ({"id": "1", "text": "x" * 20_000}, "at most 1000"),
        ({"id": "1", "text": "  "}, "nothing in it"),
        ({"text": "hello"}, "an id and a text"),
        ({"id": "1", "text": 5}, "an id and a text"),
        ([], "an id and a text"),
    ],
)
async def test_what_cannot_be_taken_says_why(visitor: httpx.AsyncClient, body: Any, why: str) -> None:
    answer = await visitor.post(f"{PAGE}/lines", json=body)
    assert answer.status_code == 422
    assert why in answer.json()["error"]


async def test_a_form_of_another_site_is_not_taken(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        f"{PAGE}/lines", content=b'{"id":"1","text":"x"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_a_visitor_in_a_hurry_is_asked_to_wait(visitor: httpx.AsyncClient) -> None:
    answers = [await write(visitor, f"number {n}", str(n)) for n in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


async def test_a_crowd_of_new_visitors_is_asked_to_wait(house: House) -> None:
    async def one(number: int) -> int:
        async with caller(house.url) as client:
            return (await write(client, f"hello {number}")).status_code

    statuses = await asyncio.gather(*(one(n) for n in range(125)))
    assert (statuses.count(202), statuses.count(429)) == (120, 5)


async def test_a_paused_page_says_so_and_takes_nothing(house: House, visitor: httpx.AsyncClient) -> None:
    await house.runtime.db.run(creators.pause_account, house.account_id, "holidays")
    answer = await write(visitor, QUESTION)
    assert (answer.status_code, answer.json()["error"]) == (409, "This page is closed for a while. Come back later.")
    assert not (await visitor.get(f"{PAGE}/lines")).json()["about"]["open"]


async def test_a_page_nobody_has(visitor: httpx.AsyncClient) -> None:
    for path in ("/@nobody", "/@nobody/lines", "/space/chat.html", "/space/..%2fchat.py"):
        assert (await visitor.get(path)).status_code == 404


async def test_a_page_needs_a_name_that_fits_an_address() -> None:
    for name in ("", "ÄÖ", "a b", ".hidden", "x" * 41, "a/b"):
        with pytest.raises(Refused):
            await CONNECT.grant(App("webchat"), {"name": name})
