"""From a follower's words on the network to the posted reply, as every platform is tested."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.connect import CONNECT
from connectors.sandbox.network.server import SandboxServer
from engage.errors import EngageError
from engage.grants import Grant
from engage.platform import App
from tests.platforms.journey import QUESTION, journey


@pytest.fixture
def network() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


async def granted(network: SandboxServer) -> Grant:
    return (await CONNECT.grant(App("sandbox"), {"base_url": network.url, "handle": "tilly"}))[0]


def ask(network: SandboxServer, surface: str) -> str:
    said = {"creator": "tilly", "surface": surface, "follower": f"tom_{surface}", "text": QUESTION}
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


async def test_what_is_no_network_grants_nothing(unused_tcp_port: int) -> None:
    with pytest.raises(EngageError):
        await CONNECT.grant(App("sandbox"), {"base_url": f"http://127.0.0.1:{unused_tcp_port}", "handle": "tilly"})
