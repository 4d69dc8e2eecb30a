"""A simulated Bluesky whose every call and answer is held against the lexicons, and an account on it."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from connectors.bluesky.connector import BlueskyConnector
from engage.platform import AccountLink
from tests.connectors.bluesky import kit
from tests.platforms import lexicons
from tests.platforms.bluesky import Bluesky


@pytest.fixture(scope="session")
def running_bluesky() -> Iterator[Bluesky]:
    with Bluesky() as platform:
        yield platform


@pytest.fixture
def bluesky(running_bluesky: Bluesky) -> Iterator[Bluesky]:
    platform = running_bluesky
    platform.begin_anew()
    platform.person("avatar", app_passwords={"abcd-efgh-ijkl-mnop": True, "only-only-post-post": False})
    platform.person("ann")
    platform.person("bob")
    yield platform
    if lexicons.at_hand():
        for call in platform.calls_to("/xrpc/"):
            lexicons.check_call(call)
        for method, answer in platform.answers:
            lexicons.check_answer(method, answer)


Build = Callable[..., BlueskyConnector]


@pytest.fixture
async def build(bluesky: Bluesky) -> AsyncIterator[Build]:
    """A connector of the account; each call of it is one more. Keywords go into its config."""
    made: list[BlueskyConnector] = []

    def one(tokens: dict[str, str] | None = None, **config: Any) -> BlueskyConnector:
        made.append(BlueskyConnector(account(bluesky, tokens, **config)))
        return made[-1]

    yield one
    for connector in made:
        await connector.close()


def account(bluesky: Bluesky, tokens: dict[str, str] | None = None, **config: Any) -> AccountLink:
    tokens = tokens or bluesky.session(kit.ME)
    link = kit.account(bluesky.url, config)
    credentials = {"access_jwt": tokens["accessJwt"], "refresh_jwt": tokens["refreshJwt"]}
    return AccountLink(link.id, link.platform_user_id, link.handle, link.config, credentials, link.app)


@pytest.fixture
def connector(build: Build) -> BlueskyConnector:
    return build()
