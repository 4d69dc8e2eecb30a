"""From a follower's words on the network to the posted reply, as every platform is tested."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.connect import CONNECT
from connectors.sandbox.network.server import SandboxServer
from engage.errors import EngageError
from engage.grants import Grant
from engage.ledger import by_hand, creators, outbox
from engage.ledger.tables import conversations, replies
from engage.models import Mode, Outgoing, Surface
from engage.platform import App
from tests.platforms.journey import COMPLAINT, QUESTION, Journey, journey
from workers.runtime import utc_now


@pytest.fixture
def network() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


async def granted(network: SandboxServer) -> Grant:
    return (await CONNECT.grant(App("sandbox"), {"base_url": network.url, "handle": "tilly"}))[0]


def ask(network: SandboxServer, surface: str, text: str = QUESTION, who: str = "") -> str:
    said = {"creator": "tilly", "surface": surface, "follower": who or f"tom_{surface}", "text": text}
    if surface == "comment":
        post = httpx.post(f"{network.url}/api/creator/post", json={"creator": "tilly", "text": "New wheels"})
        said["post_id"] = post.json()["id"]
    return str(httpx.post(f"{network.url}/api/follow/write", json=said).json()["id"])


@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by polling"])
async def test_a_question_is_answered_on_every_surface(public: bool, network: SandboxServer, tmp_path: Path) -> None:
    async with journey(tmp_path, "sandbox", await granted(network), public=public) as j:
        if public:
            tilly = network.site.network.account("u_tilly")
            await j.until(lambda: tilly.webhook_url == j.hook, "the network to know where to call")
        asked = [ask(network, surface) for surface in ("comment", "dm", "live")]
        sent = [await j.answered(one) for one in asked]
    shown = shown_on(network)
    assert {reply.receipt_id for reply in sent} == {reply["id"] for message in shown for reply in message["replies"]}


def shown_on(network: SandboxServer) -> list[Any]:
    return list(httpx.get(f"{network.url}/_messages").json()["messages"])


def posted(network: SandboxServer, asked: str) -> list[tuple[str, str]]:
    """What stands on the network as an answer to a message: (surface, text)."""
    (message,) = [one for one in shown_on(network) if one["id"] == asked]
    return sorted((one["surface"], one["text"]) for one in message["replies"])


async def test_a_complaint_gets_a_line_in_public_and_a_private_reply(network: SandboxServer, tmp_path: Path) -> None:
    async with journey(tmp_path, "sandbox", await granted(network), public=False) as j:
        asked = ask(network, "comment", COMPLAINT)
        sent = await j.over(2)
        await j.until(lambda: echoed(j, sent["dm"].receipt_id), "the network to tell of it")
        assert {row.human_until for row in await j.rows(conversations)} == {None}
    assert posted(network, asked) == [("comment", sent["comment"].text), ("dm", sent["dm"].text)]


async def echoed(j: Journey, receipt_id: str) -> bool:
    """Whether the private reply's own event was taken in."""
    return any(receipt_id.encode() in row.body and row.state != "received" for row in await j.taken_in())


async def test_after_a_crash_between_the_two_each_is_there_once(network: SandboxServer, tmp_path: Path) -> None:
    grant = await granted(network)
    grant = replace(grant, config={**grant.config, "settle": "readback"})
    async with journey(tmp_path, "sandbox", grant, public=False, mode=Mode.REVIEW) as j:
        died_at = (Surface.COMMENT, Surface.DM)
        asked = {surface: ask(network, "comment", COMPLAINT, f"fan_{surface}") for surface in died_at}
        held = await j.until(lambda: waiting(j, 4), "all to wait")
        (creator_id,) = {row.creator_id for row in held}
        await j.runtime.db.run(creators.pause_creator, creator_id, utc_now())
        for row in held:
            await j.runtime.db.run(by_hand.approve, row.id, utc_now())
        for crashed, message_id in asked.items():
            await send_and_die(j, next(row for row in held if (row.surface, row.in_reply_to) == (crashed, message_id)))
        await j.runtime.db.run(creators.pause_creator, creator_id, None)
        await j.over(4)
        sent = await j.rows(replies)
    assert {row.state for row in sent} == {"sent"}
    for message_id in asked.values():
        mine = sorted((row.surface, row.text) for row in sent if row.in_reply_to == message_id)
        assert posted(network, message_id) == mine


async def waiting(j: Journey, count: int) -> list[Any]:
    rows = [row for row in await j.rows(replies) if row.state == "held"]
    return rows if len(rows) == count else []


async def send_and_die(j: Journey, row: Any) -> None:
    """A worker posts a reply and is killed before it notes the receipt."""
    (place,) = [one for one in await j.rows(conversations) if one.id == row.conversation_id]
    reply = Outgoing(
        row.id, row.idempotency_key, Surface(row.surface), place.platform_id, row.in_reply_to, "u_tom", row.text
    )
    now = utc_now()
    gone = {"state": "sending", "attempts": 1, "first_sent_at": now, "lease_owner": "gone", "lease_until": now}
    await j.runtime.db.run(lambda tx: tx.execute(replies.update().where(replies.c.id == row.id).values(**gone)))
    async with j.runtime.using(j.account_id) as connector:
        await connector.send(reply)
    assert await j.runtime.db.run(outbox.sweep, utc_now()) == 1


async def test_what_is_no_network_grants_nothing(unused_tcp_port: int) -> None:
    with pytest.raises(EngageError):
        await CONNECT.grant(App("sandbox"), {"base_url": f"http://127.0.0.1:{unused_tcp_port}", "handle": "tilly"})
