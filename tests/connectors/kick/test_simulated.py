"""The connector against a simulated Kick: consent, chat, webhooks, renewal, moderation."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.kick.connect import CONNECT, SCOPES
from connectors.kick.connector import KickConnector
from connectors.kick.parse import parse
from connectors.kick.webhooks import KickWebhooks
from engage.errors import Ambiguous, ConfigError, InvalidSignature, Malformed, Refused, Unauthorized, Unavailable
from engage.models import EventKind, Surface
from engage.platform import AccountLink, App, Finding, Found, Revocable
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
    with pytest.raises(Refused, match="not granted"):
        await CONNECT.finish(app, {"error": "access_denied", "state": "state-1"}, BACK, begun.keep)


@pytest.mark.parametrize("scope", SCOPES)
async def test_nobody_connects_without_what_is_needed(kick: Kick, scope: str) -> None:
    app = kit.app(kick.url)
    kick.grants = [one for one in SCOPES if one != scope]
    begun = await CONNECT.begin(app, {}, BACK, "state-1")
    with pytest.raises(Refused, match=scope):
        await CONNECT.finish(app, kick.consent(begun.url), BACK, begun.keep)


async def test_an_account_that_is_disconnected_is_told_nothing_and_its_tokens_are_void(
    kick: Kick, connect: Connect
) -> None:
    kick.subscriptions.append({"id": "s1", "event": "chat.message.sent", "version": 1, "broadcaster_user_id": 42})
    kick.lists_all = True
    connector = connect()
    await connector.subscribe("https://engage.example/hooks/kick")
    assert isinstance(connector, Revocable)
    await connector.revoke()
    assert [row["id"] for row in kick.subscriptions] == ["s1"], "another channel's goes on"
    assert (kick.access, kick.refresh) == ({}, set())
    with pytest.raises(Unauthorized):
        await connector.revoke()


async def test_the_tokens_are_given_back_though_the_subscription_cannot_be_ended(kick: Kick, connect: Connect) -> None:
    connector = connect()
    kick.fail("/public/v1/events/subscriptions", 503, times=3)
    with pytest.raises(Unavailable):
        await connector.revoke()
    assert (kick.access, kick.refresh) == ({}, set())


async def test_nobody_connects_to_a_bot_whose_own_lines_would_be_answered(kick: Kick, connect: Connect) -> None:
    unnamed = kit.app(kick.url, bot="")
    with pytest.raises(ConfigError, match="bot"):
        await CONNECT.begin(unnamed, {}, BACK, "state-1")
    assert (await CONNECT.begin(unnamed, {"type": "user"}, BACK, "state-2")).url
    now = datetime.now(UTC)
    for how, may in (("bot", False), ("user", True)):
        connector = KickConnector(kit.account(kick.url, unnamed, type=how))
        able = await connector.capabilities(Surface.LIVE, f"chat:{kit.CHANNEL}", now, now)
        assert able.may_reply is may
        await connector.close()


async def test_what_stands_before_kick_and_turns_away_ends_no_access(kick: Kick, connect: Connect) -> None:
    blocked = {"error": "Request blocked by security policy.", "reference": "af0f6626"}
    kick.say("what lens?", message_id="01JMESSAGE")
    kick.fail("/public/v1/chat", 403, blocked)
    with pytest.raises(Unavailable) as caught:
        await connect().send(kit.reply())
    assert caught.value.retry_after == timedelta(minutes=1)
    assert await connect().send(kit.reply())
    connector = connect()
    kick.fail("/oauth/token", 403, blocked)
    with pytest.raises(Unavailable):
        await connector.renew()
    assert await connector.renew(), "the refresh token was not used up"
    begun = await CONNECT.begin(kit.app(kick.url), {}, BACK, "state-1")
    kick.fail("/oauth/token", 403, blocked)
    with pytest.raises(Unavailable):
        await CONNECT.finish(kit.app(kick.url), kick.consent(begun.url), BACK, begun.keep)


@pytest.mark.parametrize(("how", "sender"), [("bot", kit.BOT), ("user", kit.CHANNEL)])
async def test_a_line_is_answered_as_the_creator_chose(kick: Kick, connect: Connect, how: str, sender: str) -> None:
    kick.say("what lens?", message_id="01JMESSAGE")
    connector = connect(type=how)
    receipt = await connector.send(kit.reply())
    assert kick.lines[receipt.id]["sender"]["user_id"] == int(sender)
    assert kick.posted[0]["reply_to_message_id"] == "01JMESSAGE"
    able = await connector.capabilities(Surface.LIVE, f"chat:{kit.CHANNEL}", datetime.now(UTC), datetime.now(UTC))
    assert not able.native_bot_label, "no badge is documented that says what writes: the text tells"
    assert (await connector.find(kit.reply())).found is Found.UNREADABLE


@pytest.mark.parametrize("words", ["!addmod @viewer", "/ban @viewer", " !title x"])
async def test_nothing_commands_a_chatbot(kick: Kick, connect: Connect, words: str) -> None:
    kick.say("write this", message_id="01JMESSAGE")
    with pytest.raises(Refused, match="command"):
        await connect(type="user").send(kit.reply(words))
    assert not kick.posted


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
    kick.muted, kick.has_bot = False, False
    with pytest.raises(Refused, match="Channel not found"):
        await connect().send(kit.reply())
    connector = connect()
    kick.access.clear()
    with pytest.raises(Unauthorized):
        await connector.send(kit.reply())
    assert not kick.posted


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


async def test_events_are_asked_for_once_and_again_when_kick_dropped_them(kick: Kick, connect: Connect) -> None:
    hook = "https://engage.example/hooks/kick"
    for _ in range(2):
        again = await connect().subscribe(hook)
        assert again is not None
        assert timedelta(minutes=50) < again - datetime.now(UTC) <= timedelta(hours=1)
    both = [("chat.message.sent", int(kit.CHANNEL)), ("moderation.banned", int(kit.CHANNEL))]
    assert [(row["event"], row["broadcaster_user_id"]) for row in kick.subscriptions] == both
    del kick.subscriptions[0]
    await connect().subscribe(hook)
    assert sorted((row["event"], row["broadcaster_user_id"]) for row in kick.subscriptions) == both


async def test_what_another_channel_is_subscribed_to_is_not_ours(kick: Kick, connect: Connect) -> None:
    kick.lists_all = True
    kick.subscriptions.append({"id": "s1", "event": "chat.message.sent", "version": 1, "broadcaster_user_id": 42})
    kick.subscriptions.append({"id": "s2", "event": "channel.followed", "broadcaster_user_id": int(kit.CHANNEL)})
    await connect().subscribe("https://engage.example/hooks/kick")
    assert len(kick.subscriptions) == 4
    kick.most = 3
    kick.subscriptions.pop()
    with pytest.raises(Unavailable, match="limit"):
        await connect().subscribe("https://engage.example/hooks/kick")


async def test_a_line_can_be_taken_away_twice_and_not_brought_back(kick: Kick, connect: Connect) -> None:
    kick.say("spam", message_id="01JSPAM")
    connector = connect()
    kick.lose("/public/v1/chat/01JSPAM")
    await connector.hide(Surface.LIVE, "01JSPAM", hidden=True)
    assert "01JSPAM" not in kick.lines
    await connector.delete("01JSPAM")
    with pytest.raises(Refused):
        await connector.hide(Surface.LIVE, "01JSPAM", hidden=False)


async def found(kick: Kick, hook: str, app: App | None = None, scopes: tuple[str, ...] = SCOPES) -> dict[str, Finding]:
    """What the doctor is told, by name."""
    link = AccountLink("a1", kit.CHANNEL, "creator", {}, kick.tokens(scopes), app or kit.app(kick.url))
    connector = KickConnector(link)
    findings = await connector.examine(hook)
    await connector.close()
    return {one.name: one for one in findings}


async def test_the_doctor_tells_what_is_missing(kick: Kick, connect: Connect) -> None:
    hook = "https://engage.example/hooks/kick"
    assert {one.state for name, one in (await found(kick, hook)).items() if name != "events"} == {"ok"}
    assert (await found(kick, hook))["events"].state == "warn"
    assert (await found(kick, ""))["events"].state == "fail"
    await connect().subscribe(hook)
    assert {one.state for one in (await found(kick, hook)).values()} == {"ok"}
    fewer = await found(kick, hook, scopes=("user:read", "events:subscribe"))
    assert (fewer["scopes"].state, "chat:write" in fewer["scopes"].found) == ("fail", True)
    assert (await found(kick, hook, kit.app(kick.url, bot="")))["bot"].state == "fail"


@pytest.mark.parametrize(
    ("entered", "state"), [((), "fail"), (("another",), "fail"), (("another", kit.SECRETS[0]), "ok")]
)
async def test_the_doctor_compares_the_key_with_kicks(kick: Kick, entered: tuple[str, ...], state: str) -> None:
    application = kit.app(kick.url, public_key=" ".join(kit.public_pem(name) for name in entered))
    finding = (await found(kick, "https://engage.example/hooks/kick", application))["public key"]
    assert finding.state == state
    assert finding.fix or state == "ok"


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("chat.message.sent", ""),
        ("channel.followed", ""),
        ("something.new", ""),
        ("moderation.banned", "banned_user"),
        ("", "type"),
    ],
)
def test_each_event_arrives_with_its_kind(kind: str, odd: str) -> None:
    """Which is not signed: a line that is said to be a ban is none."""
    now, body = datetime.now(UTC), kit.body("d1")
    headers = kit.sign(kit.SECRETS[0], "d1", now, body, kind)
    [(whose, event)] = KickWebhooks(kit.app()).receive(headers, body, now).events
    assert (whose, event.key) == (kit.CHANNEL, "d1")
    told = json.loads(event.body)
    if not odd:
        [parsed] = parse(told, kit.CHANNEL)
        assert (parsed.kind is EventKind.MESSAGE) == (kind == "chat.message.sent")
    else:
        with pytest.raises(Malformed, match=odd):
            parse(told, kit.CHANNEL)


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("[emote:4148074:HYPERCLAP]", ":HYPERCLAP:"),
        ("[emote:x:y] [emote:1:]", "[emote:x:y] [emote:1:]"),
        (
            "\u202bשלום\u202c e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "\u202bשלום\u202c e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("", ""),
    ],
)
async def test_a_line_is_heard_as_it_was_written_from_whatever_channel(written: str, heard: str) -> None:
    channel = str(2**60 + 1)
    line = kit.line("01JODD", written, sender=str(2**63 - 1))
    line["broadcaster"]["user_id"], line["sender"]["identity"] = int(channel), None
    body, now = json.dumps(line).encode(), datetime.now(UTC)
    [(whose, event)] = KickWebhooks(kit.app()).receive(kit.sign(kit.SECRETS[0], "d1", now, body), body, now).events
    [parsed] = parse(json.loads(event.body), whose)
    assert parsed.message is not None
    assert (whose, parsed.message.conversation_id) == (channel, f"chat:{channel}")
    assert (parsed.message.text, parsed.message.author.id) == (heard, str(2**63 - 1))


def test_a_line_that_kick_tells_late_is_taken_with_its_time_in_the_chat() -> None:
    now, said_at = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=2)
    body = json.dumps(kit.line("01JLATE", created_at=said_at.isoformat())).encode()
    [(whose, event)] = KickWebhooks(kit.app()).receive(kit.sign(kit.SECRETS[0], "d1", now, body), body, now).events
    [parsed] = parse(json.loads(event.body), whose)
    assert parsed.message is not None
    assert parsed.message.sent_at == said_at
