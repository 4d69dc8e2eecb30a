"""A simulated Discord with a few channels, and a bot on it. Every call is held against Discord's own description."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from connectors.discord.connector import DiscordConnector
from tests.connectors.discord import kit
from tests.platforms.discord import Discord
from tests.platforms.specs import FOLDER, check_openapi

DESCRIPTION = "discord/openapi.json"
DIRECT = "1200000000000000005"
FORUM_THREAD = "1250000000000000001"


@pytest.fixture
def discord() -> Iterator[Discord]:
    with Discord(kit.TOKEN) as platform:
        for channel_id in (kit.CHANNEL, kit.LIVE, kit.ELSEWHERE):
            platform.add(channel_id)
        platform.add(DIRECT, server_id="")
        platform.add(FORUM_THREAD, parent_id=kit.CHANNEL)
        platform.names |= {kit.CREATOR: "ada", kit.FOLLOWER: "tom.w"}
        yield platform
    if (FOLDER / DESCRIPTION).exists():
        for call in platform.calls:
            check_openapi(call, DESCRIPTION, "https://discord.com/api/v10", "/api/v10")


@pytest.fixture
async def made() -> AsyncIterator[Callable[..., DiscordConnector]]:
    """`made(account)`: its connector, closed at the end."""
    connectors: list[DiscordConnector] = []

    def make(account: Any) -> DiscordConnector:
        connectors.append(DiscordConnector(account))
        return connectors[-1]

    yield make
    for connector in connectors:
        await connector.close()


@pytest.fixture
def connector(discord: Discord, made: Callable[..., DiscordConnector]) -> DiscordConnector:
    return made(kit.account(discord.url))
