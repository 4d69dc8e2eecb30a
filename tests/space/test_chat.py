"""The page where anyone can talk to the avatar, from a visitor's words to the answer they read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from connectors.webchat.connect import CONNECT
from engage.errors import Refused
from engage.ledger import creators
from engage.ledger.tables import audit, decisions, deliveries, followers, messages, replies
from engage.models import Mode, Surface
from engage.platform import App
from engage.secrets import secret_file
from tests.platforms.journey import QUESTION, Journey, journey
from tests.space.house import PAGE, House, caller, granted, opened, said, write
from workers.runtime import utc_now
from workers.space import chat, visitors
from workers.throttle import Throttle


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Journey]:
    """With a worker, who answers."""
    async with journey(tmp_path, "webchat", await granted()) as found:
        yield found


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path / "home", sqlite_url) as found:
        yield found


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(house.url) as client:
        yield client


async def test_a_visitor_asks_reads_the_answer_and_is_forgotten(way: Journey) -> None:
    async with caller(way.hook.partition("/hooks")[0]) as visitor:
        taken = await write(visitor, QUESTION)
        reply = await way.answered(taken.json()["id"])
        shown = await said(visitor)
        assert [(line["text"], line["ours"]) for line in shown] == [(QUESTION, False), (reply.text, True)]
        await visitor.delete(f"{PAGE}/lines")
        assert await said(visitor) == []
    assert (await way.rows(replies), await way.rows(messages)) == ([], [])


async def test_who_is_forgotten_while_an_answer_is_made_gets_none(way: Journey) -> None:
    base = way.hook.partition("/hooks")[0]
    async with caller(base) as visitor, caller(base) as other:
        await way.kept((await write(visitor, QUESTION)).json()["id"])
        await visitor.delete(f"{PAGE}/lines")
        await way.answered((await write(other, QUESTION)).json()["id"])
        [reply] = await way.rows(replies)
        [message] = await way.rows(messages)
        assert reply.in_reply_to == message.platform_id
        assert await said(visitor) == []


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
        guessed = visitors.signed("guessed", "tilly", name, utc_now())
        begun = str(visitor.cookies.get(visitors.COOKIE)).rpartition(".")[0]
        for forged in (name, f"{name}.", f"{name}.{'0' * 32}", f"{name}.1.{'0' * 32}", begun, guessed):
            other.cookies.set(visitors.COOKIE, forged)
            assert await said(other) == []


async def test_a_cookie_of_another_page_is_nobodys(house: House) -> None:
    key = secret_file(house.runtime.settings.directory / chat.KEY_FILE)
    name = visitors.new_visitor()
    assert visitors.known(key, "tilly", visitors.signed(key, "tilly", name, utc_now()), utc_now()) == name
    assert visitors.known(key, "tilly", visitors.signed(key, "other", name, utc_now()), utc_now()) is None


def test_a_cookie_that_somebody_kept_is_over_when_it_says() -> None:
    begun = utc_now().replace(microsecond=0)
    cookie = visitors.signed("key", "tilly", visitors.new_visitor(), begun)
    assert visitors.known("key", "tilly", cookie, begun + visitors.LASTS)
    for moment in (begun + visitors.LASTS + timedelta(seconds=2), begun - timedelta(days=2)):
        assert visitors.known("key", "tilly", cookie, moment) is None
    name, issued, mark = cookie.split(".")
    for other in (f"{int(issued) + 60}", "x", "9" * 5000, ""):
        changed = f"{name}.{other}.{mark}"
        assert visitors.known("key", "tilly", changed, begun) is None


async def test_the_cookie_is_for_this_page_and_no_script_reads_it(house: House, visitor: httpx.AsyncClient) -> None:
    taken = await write(visitor, QUESTION)
    cookie = taken.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=lax", "path=/@tilly", f"max-age={int(visitors.LASTS.total_seconds())}"):
        assert part in cookie
    assert "secure" not in cookie
    async with caller(house.url) as behind_tls:
        behind_tls.headers["x-forwarded-proto"] = "https"
        assert "secure" in (await write(behind_tls, QUESTION)).headers["set-cookie"].lower()


async def test_a_name_is_the_same_page_however_it_is_written(house: House, visitor: httpx.AsyncClient) -> None:
    moved = await visitor.get("/@Tilly")
    assert (moved.status_code, moved.headers["location"]) == (308, PAGE)
    await visitor.post("/@TILLY/lines", json={"id": "1", "text": QUESTION})
    house.rows(messages)
    assert len(await said(visitor)) == 1


async def test_forget_me_erases_what_was_said_and_who_said_it(house: House, visitor: httpx.AsyncClient) -> None:
    await write(visitor, QUESTION)
    assert len(house.rows(followers)) == 1
    for _ in range(2):
        assert (await visitor.delete(f"{PAGE}/lines")).json() == {"forgotten": True}
    assert await said(visitor) == []
    assert (house.rows(messages), house.rows(followers)) == ([], [])
    assert [row.actor for row in house.rows(audit) if row.action == "forget"] == ["visitor"]


async def test_forget_me_comes_in_time_for_what_nobody_has_read_yet(house: House, visitor: httpx.AsyncClient) -> None:
    """It is taken already, and would be answered later."""
    await write(visitor, QUESTION)
    async with caller(house.url) as other:
        await write(other, "How are you?")
        await visitor.delete(f"{PAGE}/lines")
        assert [row.text for row in house.rows(messages)] == ["How are you?"]
    assert QUESTION.encode() not in b"".join(row.body for row in house.rows(deliveries))
    await write(visitor, QUESTION, "2")
    assert len(house.rows(followers)) == 2, "who comes back is somebody new"


async def test_forget_me_leaves_the_others_alone(house: House, visitor: httpx.AsyncClient) -> None:
    await write(visitor, QUESTION)
    async with caller(house.url) as other:
        await write(other, "How are you?")
        assert len(house.rows(messages)) == 2
        await visitor.delete(f"{PAGE}/lines")
        assert [line["text"] for line in await said(other)] == ["How are you?"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"id": "1", "text": "x" * (chat.LONGEST + 1)}, "at most 1000"),
        ({"id": "1", "text": "x" * 20_000}, "at most 1000"),
        ({"id": "1", "text": "  "}, "nothing in it"),
        ({"text": "hello"}, "an id and a text"),
        ({"id": "1", "text": 5}, "an id and a text"),
        ({"id": "", "text": "hello"}, "an id and a text"),
        ({"id": "a b", "text": "hello"}, "an id and a text"),
        ({"id": "1" * 65, "text": "hello"}, "an id and a text"),
        ({"id": "\x00", "text": "hello"}, "an id and a text"),
        ([], "an id and a text"),
    ],
)
async def test_what_cannot_be_taken_says_why(visitor: httpx.AsyncClient, body: Any, why: str) -> None:
    answer = await visitor.post(f"{PAGE}/lines", json=body)
    assert answer.status_code == 422
    assert why in answer.json()["error"]


async def test_what_one_visitor_sends_spoils_nobody_elses(house: House, visitor: httpx.AsyncClient) -> None:
    """What is written at the same moment is committed together."""
    half = b'{"id": "\\ud800", "text": "\\ud800 \\u0000 hi"}'

    async def other() -> httpx.Response:
        async with caller(house.url) as client:
            return await client.post(f"{PAGE}/lines", content=half, headers={"content-type": "application/json"})

    answers = await asyncio.gather(*(write(visitor, f"hello {n}", str(n)) for n in range(5)), other(), other())
    assert [answer.status_code for answer in answers] == [202] * 5 + [422] * 2
    odd = half.replace(b'"\\ud800",', b'"7",')
    taken = await visitor.post(f"{PAGE}/lines", content=odd, headers={"content-type": "application/json"})
    assert taken.status_code == 202
    assert len(house.rows(messages)) == 6


async def test_a_body_nested_too_deeply_is_none(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(f"{PAGE}/lines", content=b"[" * 7000, headers={"content-type": "application/json"})
    assert answer.status_code == 422


async def test_a_form_of_another_site_is_not_taken(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        f"{PAGE}/lines", content=b'{"id":"1","text":"x"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_a_visitor_in_a_hurry_is_asked_to_wait(visitor: httpx.AsyncClient) -> None:
    answers = [await write(visitor, f"number {n}", str(n)) for n in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


async def test_a_crowd_of_new_visitors_is_asked_to_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody whom the page did not let in is remembered."""
    counted: set[str] = set()
    admit = Throttle.admit

    def counting(self: Throttle, who: str, now: datetime) -> timedelta | None:
        counted.add(who)
        return admit(self, who, now)

    monkeypatch.setattr(Throttle, "admit", counting)

    async def one(number: int) -> int:
        async with caller(house.url) as client:
            return (await write(client, f"hello {number}")).status_code

    statuses = await asyncio.gather(*(one(n) for n in range(125)))
    assert (statuses.count(202), statuses.count(429)) == (120, 5)
    assert len(counted) == 121, "the page, and who was let in"


async def test_a_paused_page_says_so_and_takes_nothing(house: House, visitor: httpx.AsyncClient) -> None:
    await house.runtime.db.run(creators.pause_account, house.account_id, "holidays")
    answer = await write(visitor, QUESTION)
    assert (answer.status_code, answer.json()["error"]) == (409, "This page is closed for a while. Come back later.")
    assert not (await visitor.get(f"{PAGE}/lines")).json()["about"]["open"]


def switch_off(tx: Connection, account_id: str) -> None:
    creators.set_mode(tx, account_id, Surface.DM, Mode.OFF)


def pause_everything(tx: Connection, account_id: str) -> None:
    creators.pause_everything(tx, utc_now())


@pytest.mark.parametrize("close", [switch_off, pause_everything])
async def test_where_nothing_is_answered_the_page_is_closed(
    house: House, visitor: httpx.AsyncClient, close: Callable[[Connection, str], None]
) -> None:
    await house.runtime.db.run(close, house.account_id)
    assert (await write(visitor, QUESTION)).status_code == 409
    assert not (await visitor.get(f"{PAGE}/lines")).json()["about"]["open"]


async def test_what_was_said_can_be_read_and_erased_while_the_page_is_closed(
    house: House, visitor: httpx.AsyncClient
) -> None:
    await write(visitor, QUESTION)
    house.rows(messages)
    await house.runtime.db.run(creators.pause_account, house.account_id, "holidays")
    assert len(await said(visitor)) == 1
    await visitor.delete(f"{PAGE}/lines")
    assert await said(visitor) == []


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/lines", "/space/chat.js", "/@nobody"])
async def test_nothing_from_elsewhere_runs_in_the_page_or_frames_it(visitor: httpx.AsyncClient, path: str) -> None:
    headers = (await visitor.get(path)).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "form-action 'none'", "base-uri 'none'", "frame-ancestors"):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_it_is_stands_in_the_page_itself(visitor: httpx.AsyncClient) -> None:
    """Before any script has run, and for who has none."""
    page = (await visitor.get(PAGE)).text
    assert "Answers here are automated." in page
    assert "needs JavaScript" in page
    assert "Forget me" in page


async def test_a_page_nobody_has(visitor: httpx.AsyncClient) -> None:
    for path in ("/@nobody", "/@nobody/lines", "/space/chat.html", "/space/..%2fchat.py"):
        assert (await visitor.get(path)).status_code == 404


async def test_a_page_needs_a_name_that_fits_an_address() -> None:
    for name in ("", "ÄÖ", "a b", ".hidden", "x" * 41, "a/b"):
        with pytest.raises(Refused):
            await CONNECT.grant(App("webchat"), {"name": name})
