"""The connector against a real network: every answer ends as the right receipt or error."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from connectors import parser
from connectors.sandbox.connector import MAX_LENGTH, SandboxConnector
from connectors.sandbox.network.state import LIMITS
from engage.errors import Ambiguous, ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.limits import Each, Limit, Quota
from engage.models import EventKind, Outgoing, Surface
from engage.platform import AccountLink, Found, PollSource, Settle, WebhookSource
from tests.connectors.sandbox.conftest import Endpoint, World


@asynccontextmanager
async def connected(world: World, timeout_s: float = 10, **config: Any) -> AsyncIterator[SandboxConnector]:
    credentials = {name: world.account[name] for name in ("access_token", "webhook_secret")}
    link = AccountLink("a1", "u_ada", "ada", {"base_url": world.url, **config}, credentials)
    connector = SandboxConnector(link)
    connector._http.timeout = httpx.Timeout(timeout_s)
    try:
        yield connector
    finally:
        await connector.close()


def outgoing(to: dict[str, str], surface: Surface = Surface.COMMENT, text: str = "Six weeks.") -> Outgoing:
    return Outgoing("o1", "key-1", surface, to["conversation_id"], to["id"], "tom", text)


async def failing(connector: SandboxConnector, reply: Outgoing) -> EngageError:
    with pytest.raises(EngageError) as caught:
        await connector.send(reply)
    return caught.value


@pytest.mark.parametrize("surface", Surface)
async def test_send_find_delete(world: World, surface: Surface) -> None:
    reply = outgoing(world.write(surface.value), surface)
    async with connected(world, settle="readback") as connector:
        assert (await connector.find(reply)).found is Found.ABSENT
        receipt = await connector.send(reply)
        seen = await connector.find(reply)
        assert (seen.found, seen.receipt) == (Found.FOUND, receipt)
        assert abs(receipt.sent_at - datetime.now(UTC)) < timedelta(seconds=5)
        await connector.delete(receipt.id)
        await connector.delete(receipt.id)
        assert (await connector.find(reply)).found is Found.ABSENT
        with pytest.raises(Refused):
            await connector.delete("m_0")
    [message] = world.call("GET", "/_messages")["messages"]
    assert [(shown["automated"], shown["deleted"]) for shown in message["replies"]] == [(True, True)]


async def test_a_key_makes_one_reply_of_two_sends(world: World) -> None:
    reply = outgoing(world.write())
    async with connected(world) as connector:
        assert connector.settle is Settle.KEY
        assert await connector.send(reply) == await connector.send(reply)
    assert world.stats()["duplicate_replies"] == 0


@pytest.mark.parametrize("settle", ["readback", "park"])
async def test_other_ways_of_settling_send_no_key(world: World, settle: str) -> None:
    reply = outgoing(world.write())
    async with connected(world, settle=settle) as connector:
        assert await connector.send(reply) != await connector.send(reply)


@pytest.mark.parametrize(
    ("dials", "error"),
    [
        ({"reply_429": 1, "retry_after_s": 9}, RateLimited),
        ({"reply_5xx_before": 1}, Ambiguous),
        ({"reply_5xx_after": 1}, Ambiguous),
        ({"reply_timeout_after": 1, "timeout_s": 5}, Ambiguous),
        ({"reply_reset_after": 1}, Ambiguous),
    ],
)
async def test_faults(world: World, dials: dict[str, float], error: type[EngageError]) -> None:
    reply = outgoing(world.write())
    world.faults(**dials)
    async with connected(world, timeout_s=0.3, settle="readback") as connector:
        caught = await failing(connector, reply)
        assert type(caught) is error
        posted = (
            Found.FOUND if any(name.endswith("_after") and name != "retry_after_s" for name in dials) else Found.ABSENT
        )
        assert (await connector.find(reply)).found is posted
        if isinstance(caught, RateLimited):
            assert caught.retry_after == timedelta(seconds=9)


async def test_a_reply_that_lags_is_absent_at_first(world: World) -> None:
    reply = outgoing(world.write())
    world.faults(reply_5xx_after=1, readback_lag_s=60)
    async with connected(world, settle="readback", readback_lag_s=60) as connector:
        assert connector.readback_lag == timedelta(seconds=60)
        assert type(await failing(connector, reply)) is Ambiguous
        assert (await connector.find(reply)).found is Found.ABSENT
        world.faults(readback_lag_s=0)
        assert (await connector.find(reply)).found is Found.FOUND


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda world: outgoing(world.write(), text="x" * 301), "too_long"),
        (lambda world: outgoing(world.write() | {"id": "m_0"}), "not_found"),
        (lambda world: outgoing(deleted(world)), "gone"),
        (lambda world: outgoing(world.write("dm", sent_at="2026-01-01T00:00:00Z"), Surface.DM), "closed_window"),
    ],
)
async def test_refusals(world: World, wrong: Callable[[World], Outgoing], code: str) -> None:
    async with connected(world) as connector:
        error = await failing(connector, wrong(world))
    assert type(error) is Refused
    assert code in str(error)


def deleted(world: World) -> dict[str, str]:
    note = world.write()
    world.call("DELETE", f"/api/follow/{note['id']}")
    return note


async def test_a_private_reply_is_a_dm_in_a_comments_conversation(world: World) -> None:
    note = world.write(sent_at="2026-01-01T00:00:00Z")
    reply = outgoing(note, Surface.DM)
    async with connected(world, settle="readback") as connector:
        await connector.send(reply)
        assert (await connector.find(reply)).found is Found.FOUND
        assert type(await failing(connector, reply)) is Refused
        assert (await connector.find(outgoing(note))).found is Found.ABSENT, "the public reply is another one"


async def test_access_that_is_gone(world: World) -> None:
    reply = outgoing(world.write())
    world.call("POST", "/api/accounts/ada/revoke")
    async with connected(world) as connector:
        assert type(await failing(connector, reply)) is Unauthorized
        for call in (connector.find(reply), connector.delete("m_0"), connector.poll("")):
            with pytest.raises(Unauthorized):
                await call


async def test_a_network_that_is_gone(world: World, unused_tcp_port: int) -> None:
    reply = outgoing(world.write())
    world.url = f"http://127.0.0.1:{unused_tcp_port}"
    async with connected(world) as connector:
        assert type(await failing(connector, reply)) is Unavailable
        assert (await connector.find(reply)).found is Found.UNREADABLE
        with pytest.raises(Unavailable):
            await connector.poll("")


async def test_polls_bring_what_webhooks_bring(world: World, endpoint: Endpoint) -> None:
    world.call("PATCH", "/api/accounts/u_ada", {"webhook_url": endpoint.url}, token=world.token)
    async with connected(world) as connector:
        assert isinstance(connector, PollSource)
        assert isinstance(connector, WebhookSource)
        cursor = (await connector.poll("")).cursor
        note = world.write(text="caf\u00e9 🙏")
        headers, body = endpoint.next()
        received = connector.receive(headers, body, datetime.now(UTC))
        page = await connector.poll(cursor)
        assert [event.key for event in page.events] == [received.key]
        assert orjson.loads(page.events[0].body) == orjson.loads(received.body)
        assert page.wait > timedelta()
        assert (await connector.poll(page.cursor)).events == []
        [event] = parser("sandbox")(orjson.loads(body), "u_ada")
    assert (event.kind, event.message and event.message.id) == (EventKind.MESSAGE, note["id"])


async def test_a_real_afternoon_parses(world: World) -> None:
    note = world.write()
    world.reply(note)
    body = {"creator": "ada", "conversation_id": note["conversation_id"], "text": "Me!"}
    world.call("POST", "/api/creator/write", body, status=201)
    world.call("PATCH", f"/api/follow/{note['id']}", {"text": "How long exactly?"})
    world.call("DELETE", f"/api/follow/{note['id']}")
    kinds = [event.kind for raw in world.events() for event in parser("sandbox")(raw, "u_ada")]
    assert kinds == [
        EventKind.IGNORED,
        EventKind.MESSAGE,
        EventKind.ECHO,
        EventKind.TAKEOVER,
        EventKind.EDITED,
        EventKind.DELETED,
    ]


async def test_capabilities(world: World) -> None:
    async with connected(world) as connector:
        for surface in Surface:
            can = await connector.capabilities(surface, "c1", datetime.now(UTC), datetime.now(UTC))
            assert can.may_reply
            assert can.native_bot_label
            assert can.max_length == LIMITS[surface.value] == MAX_LENGTH[surface]
            assert can.private_reply is (surface is Surface.COMMENT)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({}, "base_url"),
        ({"base_url": 5}, "base_url"),
        ({"base_url": "http://x", "settle": "hope"}, "settle"),
        ({"base_url": "http://x", "readback_lag_s": "long"}, "readback_lag_s"),
        ({"base_url": "http://x", "limits": {"count": 1}}, "limits"),
        ({"base_url": "http://x", "limits": [{"count": 1}]}, "limits"),
        ({"base_url": "http://x", "limits": ["20 in 30 s"]}, "limits"),
        ({"base_url": "http://x", "limits": [{"count": 1, "per_s": 0}]}, "limits"),
        ({"base_url": "http://x", "limits": [{"count": 1, "per_s": 1, "each": "planet"}]}, "limits"),
        ({"base_url": "http://x", "quotas": [{"units": 1, "time_zone": "Mars/One"}]}, "quotas"),
        ({"base_url": "http://x", "quotas": [{"cost": 1}]}, "quotas"),
    ],
)
def test_settings_that_are_wrong(config: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key} \(sandbox account ada\)"):
        SandboxConnector(AccountLink("a1", "u_ada", "ada", config))


def test_limits_are_what_the_config_says() -> None:
    config = {
        "base_url": "http://x",
        "limits": [{"count": 20, "per_s": 30, "burst": 5}, {"count": 1, "per_s": 1, "each": "conversation"}],
        "quotas": [{"units": 10_000, "cost": 50, "time_zone": "America/Los_Angeles", "surfaces": ["comment"]}],
    }
    made = SandboxConnector(AccountLink("a1", "u_ada", "ada", config))
    second = timedelta(seconds=1)
    assert made.limits == (Limit(20, 30 * second, 5), Limit(1, second, each=Each.CONVERSATION))
    comments = frozenset({Surface.COMMENT})
    assert made.quotas == (Quota(10_000, 50, time_zone="America/Los_Angeles", surfaces=comments),)


def test_the_network_as_a_process() -> None:
    command = [sys.executable, "-m", "connectors.sandbox.network", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            url = orjson.loads(process.stdout.readline())["url"]
            assert httpx.get(f"{url}/_stats", trust_env=False).json()["messages"] == 0
        finally:
            process.terminate()
