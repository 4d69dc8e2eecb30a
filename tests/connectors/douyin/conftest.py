"""A simulated Douyin, and a connector to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.douyin.connector import DouyinConnector
from tests.connectors.douyin import kit
from tests.platforms.douyin import Douyin

Make = Callable[..., DouyinConnector]


@pytest.fixture(scope="module")
def running() -> Iterator[Douyin]:
    with Douyin() as platform:
        yield platform


@pytest.fixture
def douyin(running: Douyin) -> Douyin:
    """One with nothing in it but its creator: it starts once for all tests of a file."""
    running.forget()
    return running


@pytest.fixture
async def connected(douyin: Douyin) -> AsyncIterator[Make]:
    """`connected(business=False)`: a connector for the creator's account, with this in the account's config."""
    made: list[DouyinConnector] = []

    def make(
        app: dict[str, Any] | None = None, token: str = "", known: dict[str, str] | None = None, **config: Any
    ) -> DouyinConnector:
        link = kit.account(douyin.url, **config)
        tokens = {"access_token": token or douyin.creator.token, "refresh_token": douyin.creator.refresh}
        application = kit.app(base_url=douyin.url, **(app or {}))
        made.append(DouyinConnector(replace(link, credentials={**tokens, **(known or {})}, app=application)))
        return made[-1]

    yield make
    for connector in made:
        await connector.close()
