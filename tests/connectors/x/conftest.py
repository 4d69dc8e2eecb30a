"""An X with a creator and a follower; every request is held against X's own description."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.x.connect import SCOPES
from connectors.x.connector import XConnector
from engage.platform import App
from tests.connectors.x import kit
from tests.platforms.base import Call
from tests.platforms.specs import FOLDER, check_openapi
from tests.platforms.x import BEARER, CLIENT_SECRET, X

DESCRIPTION = "x/x-api-v2.openapi.json"
Connect = Callable[..., XConnector]


def check(call: Call) -> None:
    """Raises where the description does not allow a call. OAuth's own endpoints do not stand in it."""
    if not call.path.startswith("/2/oauth2/"):
        check_openapi(call, DESCRIPTION, "https://api.x.com")


def _shape(call: Call) -> tuple[str, ...]:
    """Calls that differ in nothing but ids are checked once."""
    sent = json.loads(call.body) if call.body and not call.path.startswith("/2/oauth2/") else {}
    return call.method, re.sub(r"\d+", "", call.path), *sorted(call.query), "", *sorted(sent)


@pytest.fixture(scope="module")
def server() -> Iterator[X]:
    with X() as platform:
        yield platform


@pytest.fixture
def x(server: X) -> Iterator[X]:
    """A fresh one for each test."""
    server.reset()
    server.user(kit.OWN, "Creator", *SCOPES)
    server.user(kit.FOLLOWER, "OtherUser")
    server.user(kit.OTHER, "Third")
    yield server
    if (FOLDER / DESCRIPTION).exists():
        for call in {_shape(call): call for call in server.calls}.values():
            check(call)


def app_of(x: X, **config: Any) -> App:
    known = {"client_id": x.client_id, "base_url": x.url, **config}
    return App("x", known, {"client_secret": CLIENT_SECRET, "bearer_token": BEARER})


@pytest.fixture
def application(x: X) -> App:
    return app_of(x)


@pytest.fixture
async def connect(x: X) -> AsyncIterator[Connect]:
    """`connect(…)` is a connector for the creator; what is given goes into the account's config."""
    made: list[XConnector] = []

    def start(
        application: App | None = None, credentials: dict[str, str] | None = None, user: str = kit.OWN, **config: Any
    ) -> XConnector:
        link = kit.account(x.url, application or app_of(x), **config)
        link = replace(link, platform_user_id=user, credentials=credentials or x.grant(user))
        made.append(XConnector(link))
        return made[-1]

    yield start
    for connector in made:
        await connector.close()
