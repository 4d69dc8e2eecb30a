"""The connectors of a process: those of the accounts used last, with the newest credentials, open while in use."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engage.ledger import creators
from engage.settings import load
from tests.serving import mailbox
from workers.runtime import Runtime


@pytest.fixture
def runtime(sqlite_url: str, tmp_path: Path) -> Iterator[Runtime]:
    settings = load({}, home=tmp_path / "home", database_url=sqlite_url, redis_url="redis://127.0.0.1:1/0")
    runtime = Runtime.start(settings)
    yield runtime
    asyncio.run(runtime.aclose())


def reconnect(runtime: Runtime, account_id: str) -> None:
    """The creator connects the account again: new credentials."""
    with runtime.db.transaction() as tx:
        row = creators.get_account(tx, account_id)
        identity = (row.creator_id, row.platform, row.platform_user_id, row.handle)
        sealed = runtime.vault.lock({"access_token": "new"})
        creators.connect_account(tx, *identity, row.config, sealed, datetime.now(UTC))


async def test_a_connector_in_use_outlives_its_credentials(runtime: Runtime) -> None:
    account = mailbox(runtime).account_id
    async with runtime.using(account) as old:
        reconnect(runtime, account)
        assert await runtime.connector(account) is not old
        assert not old._http.is_closed  # type: ignore[attr-defined]
    assert old._http.is_closed  # type: ignore[attr-defined]


async def test_a_refresh_brings_the_newest_credentials_to_those_who_come_often(runtime: Runtime) -> None:
    account = mailbox(runtime).account_id
    old = await runtime.connector(account, aged=True)
    reconnect(runtime, account)
    assert await runtime.connector(account, aged=True) is old
    await runtime.refresh({account})
    assert await runtime.connector(account, aged=True) is not old


async def test_what_a_block_keeps_open_is_not_closed_by_others_connecting_again(runtime: Runtime) -> None:
    account = mailbox(runtime).account_id
    old = await runtime.connector(account)
    async with runtime.keeping_open(account):
        reconnect(runtime, account)
        await runtime.refresh({account})
        assert not old._http.is_closed  # type: ignore[attr-defined]
    assert old._http.is_closed  # type: ignore[attr-defined]


def test_only_what_a_config_asks_for_and_a_platform_has_is_followed(runtime: Runtime) -> None:
    account = mailbox(runtime).account_id
    assert runtime.offer_of("sandbox") == ["poll"]
    assert runtime.offer_of("not-installed") == []
    for ingest, followed in (("webhook", []), ("poll stream", ["poll"])):
        with runtime.db.transaction() as tx:
            config = creators.get_account(tx, account).config
            creators.configure_account(tx, account, {**config, "ingest": ingest})
            assert runtime.sources(creators.get_account(tx, account)) == followed


@pytest.mark.parametrize(("public_url", "followed"), [("", ["poll"]), ("https://engage.example", [])])
def test_where_platforms_can_call_us_nothing_is_fetched_that_they_bring(
    public_url: str, followed: list[str], sqlite_url: str, tmp_path: Path
) -> None:
    where = {"home": tmp_path / "home", "database_url": sqlite_url, "redis_url": "redis://127.0.0.1:1/0"}
    runtime = Runtime.start(load({}, public_url=public_url, **where))
    account = mailbox(runtime).account_id
    with runtime.db.transaction() as tx:
        config = creators.get_account(tx, account).config
        creators.configure_account(tx, account, {key: value for key, value in config.items() if key != "ingest"})
        assert runtime.sources(creators.get_account(tx, account)) == followed
    assert runtime.offer_of("sandbox") == ["poll", *(["public"] if public_url else [])]
    asyncio.run(runtime.aclose())


async def test_a_worker_s_memory_is_told_what_its_turns_were_read_with(
    db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The avatar's own memory, and no other."""
    runtime = Runtime.start(load({}, home=tmp_path, database_url=db_url, redis_url="redis://127.0.0.1:1/0"))
    runtime.hear({"c": 1})  # before there is one, nobody listens
    avatar = await runtime.avatar()
    heard: list[tuple[str, int]] = []
    monkeypatch.setattr(avatar._memory, "hear", lambda creator_id, changes: heard.append((creator_id, changes)))
    runtime.hear({"c": 2})
    await runtime.aclose()
    assert heard == [("c", 2)]
