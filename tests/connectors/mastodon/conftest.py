"""A server with an account of ours, whose every call is held against Mastodon's description."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from connectors.mastodon.connector import MastodonConnector
from tests.connectors.mastodon import kit
from tests.platforms import specs
from tests.platforms.base import Call
from tests.platforms.mastodon import Mastodon

SPEC = "mastodon/schema.json"


def check(call: Call) -> None:
    """Raises where the description does not allow a call.

    The description writes every body as JSON; the endpoints for tokens are OAuth's and take a form (RFC 6749, 4.1.3;
    RFC 7009, 2.1). It also calls the idempotency key an object, so that header is looked at here.
    """
    headers = dict(call.headers)
    if call.path in ("/oauth/token", "/oauth/revoke"):
        call = replace(
            call, body=json.dumps(call.form).encode(), headers={**headers, "content-type": "application/json"}
        )
    if key := headers.get("idempotency-key"):
        call = replace(call, headers={name: value for name, value in headers.items() if name != "idempotency-key"})
        assert key.strip()
    specs.check_openapi(call, SPEC, "https://mastodon.example")


def _shape(call: Call) -> tuple[str, ...]:
    """Calls that differ in nothing but ids are checked once."""
    sent = call.json if call.headers.get("content-type") == "application/json" else call.form
    return call.method, re.sub(r"\d+", "", call.path), *sorted(call.query), "", *sorted(sent or ())


@pytest.fixture
def server() -> Iterator[Mastodon]:
    with Mastodon() as running:
        yield running
        if (specs.FOLDER / SPEC).exists():
            for call in {_shape(call): call for call in running.calls}.values():
                check(call)


@pytest.fixture
async def connector(server: Mastodon) -> AsyncIterator[MastodonConnector]:
    made = MastodonConnector(kit.account(server.url))
    yield made
    await made.close()
