"""The connector against a simulated Kick: consent, chat, webhooks, renewal, moderation."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import pytest

from connectors.kick.connect import CONNECT
from connectors.kick.connector import KickConnector
from connectors.kick.webhooks import KickWebhooks
from engage.errors import Ambiguous, ConfigError, InvalidSignature, Refused, Unauthorized, Unavailable
from engage.models import Surface
from engage.platform import AccountLink, App, Found
from tests.connectors.kick import kit
from tests.platforms.kick import Kick

BACK = "https://studio.example/connect/kick/back"
VECTOR_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAy1bHyYGUuo19f/l4EnTk
eOZjgzMU2n/Ytqm9z0uK0mcbkBYKLLLrXZP6M5DobNFXytOWR+B4uLiSI2271qUz
qEGu1iklChE4d8quL2+8pvnrEBPg47J7zaPEN6A3NUCvFHe4kVbBuJhI9ysnZ1Sy
BWL4HvN3SnvS4upI0SxjnU4KS6aDA4z9CMzGZmHU/Vgx4uDMMLLY6UXFDXyBsXhd
wdz9a3XSoCJDHGGv08MdJD9t/jjYQ/9oR80FQkqq7Y3rtenZZbXKM7WDiQLFbmax
1ebNi45PQnnGF0OJasMzxon1djIEIyzidfuQ1yIgusv8NHdetocxkQsk+QmRdg7P
qQIDAQAB
-----END PUBLIC KEY-----"""
VECTOR_HEADERS = {
    "kick-event-message-id": "01JMZZZZZZZZZZZZZZZZZZZZZZ",
    "kick-event-message-timestamp": "2026-11-22T08:00:00Z",
    "kick-event-type": "chat.message.sent",
    "kick-event-signature": (
        "X6PFIhmM4hLA81ECFYXn8vgziK7cs/9xJhRFUI7AqwOUReps4mqSwyCxNoG9ctzFpqjKrbe60nIxViXh+0UFJ71dZdXql8FDjj9g8h8OX2bb"
        "YLSwkFfD6/hstg/ztgNufqjko5JJHXE3ZLjh+6PoT+8zEbqy+LEUUgt3rUPNXut2KhXmFO9agbcyoQYHmMwhUyQPY/bQO13OH+pSL4mnJK97"
        "fj3cSnREZ4p1VALqhZmJVfOmAkbvp+u7mPR51SWRQe+CN+ZRoxnd7RHR+4cl2TBgggrW9yZZuOYiotEoabO2mOrqwUCO6lAb+JIzM2QU3P77"
        "BWv+94FvdhfQ6f1OmQ=="
    ),
}
VECTOR_BODY = base64.b64decode("eyJtZXNzYWdlX2lkIjoiMDFKTSIsImNvbnRlbnQiOiJIZWxsbyBbZW1vdGU6MTpYXSJ9")


@pytest.fixture
def kick() -> Iterator[Kick]:
    with Kick() as platform:
        yield platform


Connect = Callable[..., KickConnector]


@pytest.fixture
async def connect(kick: Kick) -> AsyncIterator[Connect]:
    made: list[KickConnector] = []

    def make(**config: object) -> KickConnector:
        link = kit.account(kick.url, kit.app(kick.url), **config)
        link = AccountLink(link.id, link.platform_user_id, link.handle, link.config, kick.tokens(), link.app)
        made.append(KickConnector(link))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def test_a_known_signature_verifies_in_one_line_and_in_many() -> None:
    now = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
    for key in (VECTOR_KEY, VECTOR_KEY.replace("\n", " "), f"{kit.public_pem('another')} {VECTOR_KEY}"):
        assert KickWebhooks(App("kick", {"public_key": key})).receive(VECTOR_HEADERS, VECTOR_BODY, now).events == ()
    with pytest.raises(InvalidSignature, match="none of the public keys"):
        KickWebhooks(App("kick", {"public_key": VECTOR_KEY})).receive(VECTOR_HEADERS, VECTOR_BODY + b" ", now)


@pytest.mark.parametrize("key", ["", "no key", "-----BEGIN PUBLIC KEY----- AAAA -----END PUBLIC KEY-----"])
def test_a_key_that_is_none_names_the_field(key: str) -> None:
    with pytest.raises(ConfigError, match="public_key"):
        KickWebhooks(App("kick", {"public_key": key})).receive(VECTOR_HEADERS, VECTOR_BODY, datetime.now(UTC))


async def test_a_channel_is_granted_with_proof_and_once(kick: Kick) -> None:
    app = kit.app(kick.url)
    begun = await CONNECT.begin(app, {"type": "user"}, BACK, "state-1")
    answer = kick.consent(begun.url)
    with pytest.raises(Refused):
        await CONNECT.finish(app, answer, BACK, {**begun.keep, "verifier": "another"})
    [grant] = await CONNECT.finish(app, kick.consent(begun.url), BACK, begun.keep)
    assert (grant.platform_user_id, grant.handle, grant.config) == (kit.CHANNEL, "creator", {"type": "user"})
    assert grant.expires_at is not None
    with pytest.raises(Refused):
        await CONNECT.finish(app, answer, BACK, begun.keep)
    with pytest.raises(Refused):
        await CONNECT.begin(app, {"type": "moderator"}, BACK, "state-2")


@pytest.mark.parametrize(("how", "sender"), [("bot", kit.BOT), ("user", kit.CHANNEL)])
async def test_a_line_is_answered_as_the_creator_chose(kick: Kick, connect: Connect, how: str, sender: str) -> None:
    kick.say("what lens?", message_id="01JMESSAGE")
    connector = connect(type=how)
    receipt = await connector.send(kit.reply())
    assert kick.lines[receipt.id]["sender"]["user_id"] == int(sender)
    assert kick.posted[0]["reply_to_message_id"] == "01JMESSAGE"
    able = await connector.capabilities(Surface.LIVE, f"chat:{kit.CHANNEL}", datetime.now(UTC), datetime.now(UTC))
    assert able.native_bot_label == (how == "bot")
    assert (await connector.find(kit.reply())).found is Found.UNREADABLE


async def test_500_characters_are_taken_and_501_are_not(kick: Kick, connect: Connect) -> None:
    kick.say("what lens?", message_id="01JMESSAGE")
    assert await connect().send(kit.reply("x" * 500))
    with pytest.raises(Refused):
        await connect().send(kit.reply("x" * 501))


async def test_a_line_that_is_gone_a_chat_that_is_closed_and_an_access_that_ended(kick: Kick, connect: Connect) -> None:
    with pytest.raises(Refused):
        await connect().send(kit.reply())
    kick.say("what lens?", message_id="01JMESSAGE")
    kick.muted = True
    with pytest.raises(Refused, match="into the chat"):
        await connect().send(kit.reply())
    connector = connect()
    kick.access.clear()
    with pytest.raises(Unauthorized):
        await connector.send(kit.reply())


async def test_an_answer_that_is_lost_may_stand_in_the_chat(kick: Kick, connect: Connect) -> None:
    kick.say("what lens?", message_id="01JMESSAGE")
    kick.lose("/public/v1/chat")
    with pytest.raises(Ambiguous):
        await connect().send(kit.reply())
    assert len(kick.posted) == 1
    kick.cut("/public/v1/chat")
    with pytest.raises(Ambiguous):
        await connect().send(kit.reply())
    assert len(kick.posted) == 1


async def test_a_refresh_token_is_used_once(kick: Kick, connect: Connect) -> None:
    connector = connect()
    renewed = await connector.renew()
    assert renewed.credentials["refresh_token"] in kick.refresh
    assert renewed.expires_at is not None
    with pytest.raises(Unauthorized):
        await connector.renew()
    kick.fail("/oauth/token", 503)
    with pytest.raises(Unavailable):
        await connect().renew()


async def test_events_are_asked_for_once(kick: Kick, connect: Connect) -> None:
    for _ in range(2):
        assert await connect().subscribe("https://engage.example/hooks/kick") is None
    assert [row["event"] for row in kick.subscriptions] == ["chat.message.sent"]


async def test_a_line_can_be_taken_away_and_not_brought_back(kick: Kick, connect: Connect) -> None:
    kick.say("spam", message_id="01JSPAM")
    connector = connect()
    await connector.hide(Surface.LIVE, "01JSPAM", hidden=True)
    assert "01JSPAM" not in kick.lines
    for repeated in (connector.delete("01JSPAM"), connector.hide(Surface.LIVE, "01JSPAM", hidden=False)):
        with pytest.raises(Refused):
            await repeated


async def test_the_doctor_tells_what_is_missing(kick: Kick, connect: Connect) -> None:
    hook = "https://engage.example/hooks/kick"
    connector = connect()
    assert [one.state for one in await connector.examine("")] == ["ok", "warn", "ok"]
    await connector.subscribe(hook)
    assert [one.state for one in await connector.examine(hook)] == ["ok", "ok", "ok"]
    stranger = kit.app(kick.url, public_key=kit.public_pem("another"))
    link = AccountLink("a1", kit.CHANNEL, "creator", {}, kick.tokens(), stranger)
    other = KickConnector(link)
    assert (await other.examine(hook))[-1].state == "fail"
    await other.close()
