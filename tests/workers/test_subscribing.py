"""Platforms that call only who asks: asked once, by one worker, again before it ends, and what fails is shown."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, update

from engage.errors import Refused, Unauthorized, Unavailable
from engage.grants import Grant
from engage.ledger import apps, creators
from engage.ledger.tables import accounts
from engage.models import Persona
from engage.settings import load
from tests.fakes.paper import connector
from tests.fakes.paper_platform import paper
from workers import connecting, doctor, subscribing
from workers.runtime import Runtime, utc_now
from workers.subscribing import Subscriptions

__all__ = ["paper"]
pytestmark = pytest.mark.usefixtures("paper")

PUBLIC = "https://engage.example"
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(params=[PUBLIC])
def runtime(request: pytest.FixtureRequest, db_url: str, tmp_path: Path) -> Iterator[Runtime]:
    where = {"home": tmp_path / "home", "database_url": db_url, "redis_url": "redis://127.0.0.1:1/0"}
    runtime = Runtime.start(load({}, public_url=request.param, **where))
    yield runtime
    asyncio.run(runtime.aclose())


def connect(runtime: Runtime, name: str = "ada") -> str:
    with runtime.db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name=name, display_name=name), utc_now())
        grant = Grant(name, f"@{name}", {"token": "t"})
        return connecting.store(tx, runtime.vault, "test", "paper", who.id, [grant], utc_now())[0]


async def row(runtime: Runtime, account_id: str) -> Row[Any]:
    return await runtime.db.read(apps.linked, account_id)


async def test_a_new_account_is_asked_for_at_the_address_of_its_application(runtime: Runtime) -> None:
    account = connect(runtime)
    connector.WORDS.append(LATER)
    await Subscriptions(runtime).step()
    assert [(account, f"{PUBLIC}/hooks/paper")] == connector.ASKED
    assert (await row(runtime, account)).subscribe_at == LATER


async def test_where_a_platform_says_no_end_it_is_asked_again_in_a_day(runtime: Runtime) -> None:
    account = connect(runtime)
    await Subscriptions(runtime).step()
    await Subscriptions(runtime).step()
    assert len(connector.ASKED) == 1
    assert (await row(runtime, account)).subscribe_at > utc_now() + subscribing.DAILY / 2


async def test_of_eight_workers_one_asks(runtime: Runtime) -> None:
    connect(runtime)
    await asyncio.gather(*(Subscriptions(runtime).step() for _ in range(8)))
    assert len(connector.ASKED) == 1


@pytest.mark.parametrize(
    ("problem", "wait"),
    [
        (Unavailable("maintenance", retry_after=timedelta(hours=2)), timedelta(hours=2)),
        (Unavailable("maintenance"), subscribing.AGAIN),
        (Refused("verify the domain first"), subscribing.MUCH_LATER),
        (KeyError("a bug"), subscribing.MUCH_LATER),
    ],
    ids=repr,
)
async def test_what_fails_is_tried_again_and_shown(runtime: Runtime, problem: Exception, wait: timedelta) -> None:
    account = connect(runtime)
    connector.WORDS.append(problem)
    await Subscriptions(runtime).step()
    known = await row(runtime, account)
    assert str(problem) in known.unsubscribed
    assert abs(known.subscribe_at - utc_now() - wait) < timedelta(seconds=20)
    assert doctor._account(runtime.vault, known).state == "warn"
    await runtime.db.run(lambda tx: tx.execute(update(accounts).values(subscribe_at=utc_now())))
    await Subscriptions(runtime).step()
    assert (await row(runtime, account)).unsubscribed == ""


async def test_a_refused_access_is_noted(runtime: Runtime) -> None:
    account = connect(runtime)
    connector.WORDS.append(Unauthorized("the token was revoked"))
    await Subscriptions(runtime).step()
    assert (await row(runtime, account)).state == "unauthorized"


async def test_a_changed_application_asks_anew(runtime: Runtime) -> None:
    account = connect(runtime)
    await Subscriptions(runtime).step()
    entered = {"client_id": "app-7", "client_secret": "s"}
    await runtime.db.run(connecting.set_app, runtime.vault, "cli", "paper", entered, utc_now())
    await Subscriptions(runtime).step()
    assert [one for one, _ in connector.ASKED] == [account, account]


@pytest.mark.parametrize("runtime", [""], indirect=True)
async def test_nobody_is_asked_where_nothing_can_be_reached(runtime: Runtime) -> None:
    connect(runtime)
    await Subscriptions(runtime).step()
    assert connector.ASKED == []


async def test_the_doctor_asks_the_platform_of_an_account(runtime: Runtime) -> None:
    account = connect(runtime)
    found = await doctor._examine_account(runtime.settings, account)
    assert [(check.name, check.state, check.fix) for check in found[1:]] == [
        ("application", "fail", f"{PUBLIC}/hooks/paper")
    ]
    connector.WORDS.append(Unauthorized("the token was revoked"))
    found = await doctor._examine_account(runtime.settings, account)
    assert (found[-1].name, found[-1].state, found[-1].found) == ("access", "fail", "the token was revoked")
    connector.WORDS.append(Unavailable("maintenance"))
    assert (await doctor._examine_account(runtime.settings, account))[-1].fix == "Try again in a moment"
