"""A Twitch with a channel, its bot account and a follower; every request is held against Helix's description."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.twitch.connector import TwitchConnector
from connectors.twitch.tokens import SCOPES, WHISPERS
from engage.platform import App
from tests.connectors.twitch.kit import BOT, CHANNEL, FOLLOWER, SECRETS
from tests.connectors.twitch.kit import account as linked
from tests.platforms.specs import FOLDER, check_openapi
from tests.platforms.twitch import CLIENT_SECRET, Twitch

DESCRIPTION = "twitch/openapi.json"
Connect = Callable[..., TwitchConnector]


@pytest.fixture(scope="module")
def server() -> Iterator[Twitch]:
    with Twitch() as platform:
        yield platform


@pytest.fixture
def twitch(server: Twitch) -> Iterator[Twitch]:
    """A fresh one for each test."""
    server.reset()
    people(server)
    yield server
    check_calls(server)


def people(platform: Twitch) -> None:
    """Who is there, and what they have granted."""
    platform.user(CHANNEL, "streamer", *SCOPES, WHISPERS)
    platform.user(BOT, "streamer_bot", "user:bot", "user:read:chat", "user:write:chat")
    platform.user(FOLLOWER, "viewer32")


def check_calls(platform: Twitch) -> None:
    """As far as the description is at hand; the first hundred, as the storms repeat themselves."""
    if (FOLDER / DESCRIPTION).exists():
        for call in platform.calls_to("/helix")[:100]:
            check_openapi(call, DESCRIPTION, "https://api.twitch.tv/helix", prefix="/helix")


@pytest.fixture
def application(twitch: Twitch) -> App:
    return app_of(twitch)


def app_of(twitch: Twitch, **config: Any) -> App:
    known = {"client_id": twitch.client_id, "base_url": twitch.url, **config}
    return App("twitch", known, {"client_secret": CLIENT_SECRET, "webhook_secret": " ".join(SECRETS)})


@pytest.fixture
async def connect(twitch: Twitch) -> AsyncIterator[Connect]:
    """`connect(…)` is a connector for the channel; what is given goes into the account's config."""
    made: list[TwitchConnector] = []

    def start(application: App | None = None, credentials: dict[str, str] | None = None, **config: Any) -> Any:
        link = linked(twitch.url, application or app_of(twitch), **config)
        tokens = credentials or twitch.grant(CHANNEL)
        made.append(TwitchConnector(replace(link, credentials=tokens)))
        return made[-1]

    yield start
    for connector in made:
        await connector.close()
