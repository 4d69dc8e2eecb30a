"""A simulated TikTok, and a connector to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.tiktok.connector import TikTokConnector
from tests.connectors.tiktok import kit
from tests.platforms.tiktok import TikTok

Make = Callable[..., TikTokConnector]


@pytest.fixture(scope="package")
def server() -> Iterator[TikTok]:
    with TikTok() as platform:
        yield platform


@pytest.fixture
def tiktok(server: TikTok) -> TikTok:
    server.begin_anew()
    return server


@pytest.fixture
async def connected(tiktok: TikTok) -> AsyncIterator[Make]:
    """`connected(region="DE")`: a connector for the creator's account, with this in the account's config."""
    made: list[TikTokConnector] = []

    def make(app: dict[str, Any] | None = None, token: str = "", **config: Any) -> TikTokConnector:
        link = kit.account(tiktok.url, **config)
        credentials = {"access_token": token or tiktok.creator.token, "refresh_token": tiktok.creator.refresh}
        made.append(TikTokConnector(replace(link, credentials=credentials, app=kit.app(**(app or {})))))
        return made[-1]

    yield make
    for connector in made:
        await connector.close()
