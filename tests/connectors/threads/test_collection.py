"""Every kind of request is one of Meta's own collection, with the parameters and fields that it knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.threads.connect import CONNECT
from connectors.threads.connector import ThreadsConnector
from engage.models import Surface
from tests.connectors.threads import kit
from tests.platforms.base import Call
from tests.platforms.threads import Threads, check


def shape(path: str) -> str:
    """A path with N for its numbers."""
    return "/".join("N" if part.isdecimal() else part for part in path.strip("/").split("/"))


async def test_all_that_is_ever_asked(platform: Threads, connector: ThreadsConnector) -> None:
    await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, "https://studio.example/back", {})
    asked = platform.write(kit.FAN, "how long?", platform.post.id)
    mention = platform.write(kit.FAN, "@ada.makes do you ship?")
    stranger = platform.write("stranger", "look at this")
    platform.write(kit.HANDLE, "Nice.", stranger.id)
    for one in (asked, mention):
        receipt = await connector.send(replace(kit.reply(), in_reply_to=one.id, first_sent_at=platform.now()))
        await connector.find(replace(kit.reply(), in_reply_to=one.id, first_sent_at=platform.now()))
    platform.write(kit.FAN, "thanks", receipt.id)
    await connector.poll("")
    await connector.hide(Surface.COMMENT, asked.id, hidden=True)
    await connector.delete(receipt.id)
    await connector.examine("")
    platform.ahead = timedelta(days=2)
    await connector.renew()
    kinds = {(call.method, shape(call.path)) for call in platform.calls}
    assert kinds == {
        ("POST", "oauth/access_token"),
        ("GET", "access_token"),
        ("GET", "refresh_access_token"),
        ("GET", "v1.0/me"),
        ("GET", "v1.0/debug_token"),
        ("POST", "v1.0/me/threads"),
        ("POST", "v1.0/me/threads_publish"),
        ("GET", "v1.0/me/threads_publishing_limit"),
        ("GET", "v1.0/me/threads"),
        ("GET", "v1.0/me/replies"),
        ("GET", "v1.0/me/mentions"),
        ("GET", "v1.0/N/conversation"),
        ("GET", "v1.0/N/replies"),
        ("POST", "v1.0/N/manage_reply"),
        ("GET", "v1.0/N"),
        ("DELETE", "v1.0/N"),
    }
    for call in platform.calls:
        check(call)


@pytest.mark.parametrize(
    ("method", "path", "query", "wrong"),
    [
        ("GET", "/v1.0/me/messages", {}, "has no GET /v1.0/me/messages"),
        ("PUT", "/v1.0/me/threads", {}, "has no PUT"),
        ("GET", "/v1.0/somebody", {}, "has no GET /v1.0/somebody"),
        ("GET", "/v1.0/me/replies", {"order": "newest"}, r"knows no \['order'\]"),
        ("GET", "/v1.0/me/replies", {"fields": "id,words"}, r"has no \['words'\]"),
    ],
)
def test_what_the_collection_does_not_know_is_noticed(
    method: str, path: str, query: dict[str, str], wrong: str
) -> None:
    with pytest.raises(AssertionError, match=wrong):
        check(Call(method, path, query, {}, b""))
