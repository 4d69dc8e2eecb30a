"""Connectors of the accounts used last: bounded, and closed when nobody uses them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from workers.connections import Connections

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass
class Account:
    """What is looked at of an accounts row."""

    id: str
    credentials: bytes = b"old"
    config: str = ""
    app_config: str = ""
    app_secrets: bytes = b""


@dataclass
class Connector:
    account: Account
    closed: int = 0

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def made() -> list[Connector]:
    return []


@pytest.fixture
def connections(made: list[Connector]) -> Connections:
    def make(account: Any) -> Any:
        made.append(Connector(account))
        return made[-1]

    return Connections(make, most=2)


async def use(connections: Connections, account: Account) -> Connector:
    return cast(Connector, connections.connector(await connections.see(cast(Any, account), NOW)))


async def test_the_one_that_was_not_used_for_longest_is_closed(connections: Connections) -> None:
    one, two = await use(connections, Account("1")), await use(connections, Account("2"))
    assert await use(connections, Account("1")) is one
    await use(connections, Account("3"))
    assert (one.closed, two.closed, len(connections)) == (0, 1, 2)


async def test_one_that_is_in_use_is_closed_when_its_last_user_has_gone(connections: Connections) -> None:
    one = await use(connections, Account("1"))
    async with connections.open("1"):
        async with connections.open("1"):
            for other in "234":
                await use(connections, Account(other))
        assert one.closed == 0
    assert one.closed == 1


async def test_new_credentials_make_a_new_connector_and_the_old_one_may_finish(connections: Connections) -> None:
    old = await use(connections, Account("1"))
    async with connections.open("1"):
        new = await use(connections, Account("1", credentials=b"new"))
        assert new is not old
        assert old.closed == 0
    assert (old.closed, new.closed) == (1, 0)


async def test_an_account_that_was_only_read_has_no_connector(connections: Connections, made: list[Connector]) -> None:
    await connections.see(cast(Any, Account("1")), NOW)
    await connections.aclose()
    assert made == []


async def test_at_the_end_all_are_closed(connections: Connections, made: list[Connector]) -> None:
    for name in "123":
        await use(connections, Account(name))
    await connections.aclose()
    assert [one.closed for one in made] == [1, 1, 1]
