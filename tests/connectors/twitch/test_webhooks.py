"""EventSub by webhook: signatures, the handshake, whom a delivery is for, and the subscriptions behind it."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.twitch.parse import parse
from connectors.twitch.subscriptions import CHAT_EVENTS
from connectors.twitch.webhooks import TwitchWebhooks
from engage.errors import ConfigError, InvalidSignature, Malformed, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.connectors.twitch.conftest import Connect, app_of
from tests.connectors.twitch.kit import BOT, CHANNEL, FOLLOWER, SECRETS, app, body, reply, sign, subscription
from tests.platforms.base import Simulator
from tests.platforms.twitch import Twitch

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
# Made from the documented construction, with a throwaway secret.
VECTOR_SECRET = "s3cRe7s3cRe7"
VECTOR_HEADERS = {
    "twitch-eventsub-message-id": "e76c6bd4-55c9-4987-8304-da1588d8988b",
    "twitch-eventsub-message-timestamp": "2026-11-22T08:00:00.123456789Z",
    "twitch-eventsub-message-type": "notification",
    "twitch-eventsub-message-signature": "sha256=48cbdd02ab96367e8f2e48419f29ad0af0b91f0c9b64454d63dbd9d5f29cdf8e",
}
VECTOR_BODY = base64.b64decode(
    "eyJzdWJzY3JpcHRpb24iOnsiaWQiOiJzMSIsInR5cGUiOiJjaGFubmVsLmNoYXQubWVzc2FnZSIsInZlcnNpb24iOiIxIn0sImV2ZW50Ijp7Im1l"
    "c3NhZ2VfaWQiOiJtMSIsIm1lc3NhZ2UiOnsidGV4dCI6ImjDqWxsbyDwn5GLIn19fQ=="
)


def receive(headers: dict[str, str], content: bytes, now: datetime = NOW, application: App | None = None) -> Delivery:
    return TwitchWebhooks(application or app()).receive(headers, content, now)


class TestSignature:
    def test_of_the_vector(self) -> None:
        application = app(secrets=(VECTOR_SECRET,))
        assert receive(VECTOR_HEADERS, VECTOR_BODY, application=application).events == []  # it names no account
        with pytest.raises(InvalidSignature):
            receive(VECTOR_HEADERS, VECTOR_BODY + b" ", application=application)

    @pytest.mark.parametrize(("minutes", "good"), [(9.9, True), (10.1, False), (-9.9, True), (-10.1, False)])
    def test_is_good_for_10_minutes(self, minutes: float, good: bool) -> None:
        headers = sign(SECRETS[0], "d1", NOW, body("d1"))
        now = NOW + timedelta(minutes=minutes)
        if good:
            assert receive(headers, body("d1"), now).events
        else:
            with pytest.raises(InvalidSignature, match="timestamp"):
                receive(headers, body("d1"), now)

    @pytest.mark.parametrize("sent", ["yesterday", "2026-11-22T08:00:00", "1795334400", "²"])
    def test_needs_a_time(self, sent: str) -> None:
        headers = {**sign(SECRETS[0], "d1", NOW, body("d1")), "twitch-eventsub-message-timestamp": sent}
        with pytest.raises(InvalidSignature):
            receive(headers, body("d1"))

    def test_needs_a_secret(self) -> None:
        with pytest.raises(ConfigError, match="webhook_secret"):
            receive(sign(SECRETS[0], "d1", NOW, body("d1")), body("d1"), application=App("twitch"))

    def test_over_something_else_than_json(self) -> None:
        with pytest.raises(Malformed):
            receive(sign(SECRETS[0], "d1", NOW, b"hello"), b"hello")


class TestDelivery:
    def test_holds_when_it_was_written(self) -> None:
        ((account, event),) = receive(sign(SECRETS[0], "d1", NOW, body("d1")), body("d1")).events
        assert (account, event.key) == (CHANNEL, "d1")
        (parsed,) = parse(json.loads(event.body), CHANNEL)
        assert parsed.message is not None
        assert (parsed.message.sent_at, parsed.message.text) == (NOW, "café")

    def test_of_a_handshake_is_answered_with_its_challenge(self) -> None:
        content = json.dumps({"challenge": "pogchamp-kappa", "subscription": subscription()}).encode()
        kind = "webhook_callback_verification"
        delivery = receive(sign(SECRETS[1], "d1", NOW, content, kind), content)
        assert (delivery.answer, delivery.media_type, list(delivery.events)) == ("pogchamp-kappa", "text/plain", [])

    def test_of_a_withdrawn_access_is_for_the_creator(self) -> None:
        ended = {"subscription": {**subscription(), "status": "authorization_revoked"}}
        content = json.dumps(ended).encode()
        ((account, event),) = receive(sign(SECRETS[0], "d1", NOW, content, "revocation"), content).events
        assert account == CHANNEL
        assert [one.kind for one in parse(json.loads(event.body), CHANNEL)] == [EventKind.REVOKED]

    def test_twitch_asks_nothing_by_get(self) -> None:
        assert TwitchWebhooks(app()).challenge({"hub.challenge": "1"}) is None


@dataclass
class Receiver(Simulator):
    """Our side of the webhooks."""

    application: App = field(default_factory=App)
    got: list[Any] = field(default_factory=list)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/hooks/twitch", self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            delivery = TwitchWebhooks(self.application).receive(headers, await request.body(), datetime.now(UTC))
        except InvalidSignature:
            return Response(status_code=401)
        for account, event in delivery.events:
            self.got += parse(json.loads(event.body), account)
        return Response(delivery.answer, media_type=delivery.media_type)

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/twitch"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def ours(twitch: Twitch, receiver: Receiver) -> Receiver:
    receiver.application, receiver.got = app_of(twitch), []
    return receiver


def until(happened: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.01)


def enabled(twitch: Twitch) -> list[str]:
    return sorted(one.type for one in twitch.subscriptions if one.status == "enabled")


CHAT = sorted([*CHAT_EVENTS, "user.authorization.revoke"])


class TestSubscriptions:
    async def test_are_made_once_and_verified(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect(whispers=True)
        again_at = await connector.subscribe(ours.hook)
        assert again_at is not None
        assert timedelta(minutes=59) < again_at - datetime.now(UTC) <= timedelta(hours=1)
        until(lambda: enabled(twitch) == [*CHAT, "user.whisper.message"], "the handshakes")
        await connector.subscribe(ours.hook)
        assert len(twitch.subscriptions) == 6
        assert len(twitch.calls_to("/helix/eventsub", "POST")) == 6
        assert len(twitch.calls_to("/oauth2/validate")) == 2
        findings = {one.name: one.state for one in await connector.examine(ours.hook)}
        assert findings["subscriptions"] == "ok"

    async def test_bring_what_followers_do(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        await connect(whispers=True).subscribe(ours.hook)
        until(lambda: len(enabled(twitch)) == 6, "the handshakes")
        line = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        until(lambda: len(ours.got) == 1, "the line")
        twitch.remove(line)
        until(lambda: len(ours.got) == 2, "the deletion")
        twitch.whisper(FOLLOWER, CHANNEL, "Between us")
        until(lambda: len(ours.got) == 3, "the whisper")
        kinds = [(event.kind, event.surface) for event in ours.got]
        assert kinds == [(EventKind.MESSAGE, "live"), (EventKind.DELETED, "live"), (EventKind.MESSAGE, "dm")]
        assert ours.got[0].message.id == ours.got[1].message.id == line

    async def test_our_own_reply_comes_back_as_an_echo(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect()
        await connector.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        twitch.lose("/helix/chat/messages")
        with pytest.raises(Exception, match="no answer"):
            await connector.send(reply(in_reply_to=asked))
        until(lambda: len(ours.got) == 2, "the echo of the reply whose answer was lost")
        (echo,) = [event.message for event in ours.got if event.kind is EventKind.ECHO]
        assert (echo.text, echo.reply_to_id) == ("Six weeks.", asked)

    async def test_the_creators_own_line_is_a_takeover(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        await connect().subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        twitch.say(CHANNEL, "I am here myself", CHANNEL)
        until(lambda: ours.got, "the line")
        assert ours.got[0].kind is EventKind.TAKEOVER

    async def test_end_with_the_access_and_say_so(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect()
        await connector.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        twitch.revoke(CHANNEL)
        until(lambda: len(ours.got) >= 5, "four revocations and the user's own word")
        assert {event.kind for event in ours.got} == {EventKind.REVOKED}
        with pytest.raises(Unauthorized):
            await connector.subscribe(ours.hook)

    async def test_end_when_the_account_is_taken_away(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect(whispers=True)
        await connector.subscribe(ours.hook)
        await connector.subscribe(f"{ours.hook}/of-before")
        until(lambda: len(twitch.subscriptions) == 12, "the subscriptions")
        await connector.revoke()
        assert {one.type for one in twitch.subscriptions} == {"user.authorization.revoke"}, "that of all accounts stays"
        for ended in (connector.subscribe(ours.hook), connector.revoke()):
            with pytest.raises(Unauthorized):
                await ended

    async def test_that_failed_are_made_anew(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect()
        await connector.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        for one in twitch.subscriptions:
            one.status = "notification_failures_exceeded"
        await connector.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the new handshakes")
        assert len(twitch.subscriptions) == 5

    async def test_of_an_older_secret_are_made_anew(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        await connect().subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        known = app_of(twitch, secret_since=datetime.now(UTC).isoformat())
        changed = replace(known, secrets={**known.secrets, "webhook_secret": f"wh5ecretOfNextYear {SECRETS[0]}"})
        ours.application = changed
        await connect(changed).subscribe(ours.hook)
        until(lambda: len(enabled(twitch)) == 5, "the handshakes")
        assert {one.transport["secret"] for one in twitch.subscriptions} == {"wh5ecretOfNextYear"}

    async def test_of_another_channel_of_the_same_bot_stay(
        self, twitch: Twitch, ours: Receiver, connect: Connect
    ) -> None:
        other = connect()
        await other.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
        before = [one.id for one in twitch.subscriptions]
        twitch.users[BOT].scopes |= {"channel:bot"}
        bots_own = connect(credentials=twitch.grant(BOT))
        bots_own._id = bots_own._bot = BOT
        await bots_own.subscribe(ours.hook)
        assert [one.id for one in twitch.subscriptions][:5] == before
        assert len(twitch.subscriptions) == 9

    async def test_without_the_bots_consent_are_refused(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        twitch.users[BOT].scopes.clear()
        with pytest.raises(Unauthorized, match="permission"):
            await connect().subscribe(ours.hook)

    async def test_need_an_address_that_twitch_takes(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        twitch.https_only = True
        with pytest.raises(Refused, match="HTTPS"):
            await connect().subscribe(ours.hook)

    async def test_a_bad_date_is_named(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        with pytest.raises(ConfigError, match="secret_since"):
            await connect(app_of(twitch, secret_since="soon")).subscribe(ours.hook)

    async def test_wait_where_twitch_is_away(self, twitch: Twitch, ours: Receiver, connect: Connect) -> None:
        connector = connect()
        for dial, error in (
            (lambda: twitch.lose("/helix/eventsub", method="POST"), Unavailable),
            (lambda: twitch.fail("/helix/eventsub", 429, "", {"retry-after": "3"}, method="GET"), RateLimited),
            (lambda: twitch.fail("/helix/eventsub", 200, "?", method="GET"), Unavailable),
        ):
            dial()
            with pytest.raises(error):
                await connector.subscribe(ours.hook)
        await connector.subscribe(ours.hook)
        until(lambda: enabled(twitch) == CHAT, "the handshakes")
