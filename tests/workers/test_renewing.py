"""Credentials renewed by workers, on a real sandbox network whose tokens end and whose refresh tokens work once."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, update

from connectors.sandbox.network.server import SandboxServer
from engage.errors import Unavailable
from engage.ledger import creators, renewals
from engage.ledger.database import Database
from engage.ledger.ids import new_id
from engage.ledger.tables import accounts
from engage.settings import Settings, load
from workers import renewing
from workers.bench import backlog
from workers.demo.network import Network
from workers.engine import Engine
from workers.renewing import Renewing
from workers.runtime import Runtime, utc_now

NOWHERE = "redis://127.0.0.1:1/0"
WORKERS = 8


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
async def net(sandbox: SandboxServer) -> AsyncIterator[Network]:
    async with Network(sandbox.url) as network:
        await network.faults(token_s=3600)
        yield network


@pytest.fixture
def settings(db: Database, db_url: str, tmp_path: Path) -> Settings:
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url=NOWHERE)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    found = Runtime.start(settings)
    yield found
    await found.aclose()


async def connect(runtime: Runtime, net: Network) -> str:
    """An account whose token is to be renewed now."""
    account_id = await backlog.connect(runtime, net, f"ada_{new_id()[-8:]}")
    await make_due(runtime, account_id)
    return account_id


async def make_due(runtime: Runtime, account_id: str) -> None:
    due = update(accounts).where(accounts.c.id == account_id).values(renew_at=utc_now())
    await runtime.db.run(lambda tx: tx.execute(due))


async def row(runtime: Runtime, account_id: str) -> Row[Any]:
    return await runtime.db.read(creators.get_account, account_id)


def tokens(runtime: Runtime, account: Row[Any]) -> dict[str, str]:
    return runtime.vault.open(account.credentials)


async def refreshes(net: Network) -> int:
    return int((await net.stats())["token_refreshes"])


async def works(runtime: Runtime, account_id: str) -> None:
    """Whether the network takes the account's token: raises where it does not."""
    await (await runtime.connector(account_id)).poll("")  # type: ignore[attr-defined]


async def test_a_token_is_renewed_before_it_ends(runtime: Runtime, net: Network) -> None:
    account_id = await connect(runtime, net)
    before = await row(runtime, account_id)
    await Renewing(runtime).step()
    after = await row(runtime, account_id)
    old, new = tokens(runtime, before), tokens(runtime, after)
    assert {name for name in old if old[name] != new[name]} == {"access_token", "refresh_token"}
    assert after.expires_at > before.expires_at
    await works(runtime, account_id)
    assert await refreshes(net) == 1


async def test_every_worker_that_keeps_up_renews(
    runtime: Runtime, net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails where nobody calls what this file tests."""
    await connect(runtime, net)
    keep, kept = Renewing._keep, asyncio.Event()

    async def tell(*values: Any) -> None:
        await keep(*values)
        kept.set()

    monkeypatch.setattr(Renewing, "_keep", tell)
    engine = Engine(runtime, frozenset({"upkeep"}))
    running = asyncio.create_task(engine.run())
    async with asyncio.timeout(30):
        await kept.wait()
    engine.stop()
    await running
    assert await refreshes(net) == 1


def _renew(settings: Settings, start: Any) -> None:
    async def once() -> None:
        runtime = Runtime.start(settings)
        start.wait()
        await Renewing(runtime).step()
        runtime.db.close()

    asyncio.run(once())


async def test_eight_workers_make_one_call(runtime: Runtime, net: Network, settings: Settings) -> None:
    account_id = await connect(runtime, net)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(WORKERS)
    crew = [spawn.Process(target=_renew, args=(settings, start)) for _ in range(WORKERS)]
    for one in crew:
        one.start()
    for one in crew:
        await asyncio.to_thread(one.join, 60)
    assert [one.exitcode for one in crew] == [0] * WORKERS
    assert await refreshes(net) == 1
    await works(runtime, account_id)


def _renew_and_die(settings: Settings) -> None:
    """kill -9 between the platform's answer and the ledger: the worst moment there is."""

    async def dies(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Renewing._keep = dies  # type: ignore[method-assign]
    asyncio.run(Renewing(Runtime.start(settings)).step())


async def die_amid_renewing(runtime: Runtime, settings: Settings, account_id: str) -> None:
    one = multiprocessing.get_context("spawn").Process(target=_renew_and_die, args=(settings,))
    one.start()
    await asyncio.to_thread(one.join, 60)
    assert one.exitcode == -signal.SIGKILL
    assert (await row(runtime, account_id)).renew_at > utc_now(), "nobody else takes it before its lease is over"
    await make_due(runtime, account_id)  # the lease is over


async def test_a_worker_killed_amid_renewing_loses_nothing_where_the_platform_repeats_itself(
    runtime: Runtime, net: Network, settings: Settings
) -> None:
    await net.faults(refresh_grace_s=60)
    account_id = await connect(runtime, net)
    await die_amid_renewing(runtime, settings, account_id)
    await Renewing(runtime).step()
    await works(runtime, account_id)
    assert await refreshes(net) == 1


async def test_a_worker_killed_amid_renewing_elsewhere_asks_the_creator_to_connect_again(
    runtime: Runtime, net: Network, settings: Settings
) -> None:
    account_id = await connect(runtime, net)
    await die_amid_renewing(runtime, settings, account_id)
    await Renewing(runtime).step()
    found = await row(runtime, account_id)
    assert (found.state, found.renew_at) == ("unauthorized", None)
    assert "refresh token" in found.reason


async def test_a_platform_that_is_away_is_asked_again(
    runtime: Runtime, net: Network, sandbox: SandboxServer, unused_tcp_port: int
) -> None:
    account_id = await connect(runtime, net)
    config = {**(await row(runtime, account_id)).config, "base_url": f"http://127.0.0.1:{unused_tcp_port}"}
    await runtime.db.run(creators.configure_account, account_id, config)
    before = utc_now()
    await Renewing(runtime).step()
    found = await row(runtime, account_id)
    assert found.state == "active"
    assert before + renewing.AGAIN <= found.renew_at <= utc_now() + renewing.AGAIN


async def test_what_only_a_person_can_mend_is_tried_seldom(runtime: Runtime, net: Network) -> None:
    account_id = await connect(runtime, net)
    config = {**(await row(runtime, account_id)).config, "settle": "hope"}
    await runtime.db.run(creators.configure_account, account_id, config)
    before = utc_now()
    await Renewing(runtime).step()
    found = await row(runtime, account_id)
    assert found.state == "active"
    assert found.renew_at >= before + renewing.MUCH_LATER


async def test_new_tokens_are_written_down_through_an_outage_of_the_database(
    runtime: Runtime, net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await connect(runtime, net)
    store, failures = renewals.store, iter([Unavailable("away"), Unavailable("away")])

    def away_twice(*values: Any) -> bool:
        if error := next(failures, None):
            raise error
        return store(*values)

    monkeypatch.setattr(renewals, "store", away_twice)
    await Renewing(runtime).step()
    await works(runtime, account_id)
    assert (await row(runtime, account_id)).renew_at > utc_now() + timedelta(minutes=10)
