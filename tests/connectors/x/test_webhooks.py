"""Webhooks: the challenge, the signatures, and asking X for an account's events."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.x.connect import SCOPES
from connectors.x.parse import parse
from connectors.x.webhooks import XWebhooks, signature
from engage.errors import ConfigError, InvalidSignature, Malformed, Refused, Unavailable
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.connectors.x import kit
from tests.connectors.x.conftest import Connect, app_of
from tests.connectors.x.kit import FOLLOWER, OWN
from tests.platforms.base import Simulator
from tests.platforms.x import Subscription, Webhook, X

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SUMMONED = {
    "post.mention.create",
    "post.quote.create",
    "post.create",
    "post.delete",
    "dm.received",
    "dm.sent",
    "broadcast.chat",
}


class TestSignatures:
    def test_vectors(self) -> None:
        body = b'{"data":{"event_type":"dm.received"}}'
        assert signature("test-secret", b"abc123") == "sha256=Z7aPPn0OT3ARmifwmGJkMRec74H1AV+RwtpUqN8Ev2c="
        assert signature("test-secret", body) == "sha256=usOCOE4KTsf2VmoQAan4oWQ17qkLP5fEp8+YayoYPHc="

    def test_a_challenge_is_answered_with_the_newest_client_secret(self) -> None:
        answer = XWebhooks(kit.app()).challenge({"crc_token": "abc123"})
        assert json.loads(answer or "") == {"response_token": signature(kit.SECRETS[0], b"abc123")}

    def test_also_where_an_api_key_secret_is_entered(self) -> None:
        """X wants the client secret's wherever an application has one, and gives the address up otherwise."""
        app = App("x", {"client_id": "c"}, {"client_secret": "test-secret old", "consumer_secret": "key older"})
        answer = XWebhooks(app).challenge({"crc_token": "abc123"})
        assert json.loads(answer or "")["response_token"].startswith("sha256=Z7aPPn0OT3")

    def test_no_challenge(self) -> None:
        assert XWebhooks(kit.app()).challenge({}) is None
        assert XWebhooks(kit.app()).challenge({"hub.challenge": "1"}) is None

    def test_without_a_secret_somebody_must_enter_one(self) -> None:
        with pytest.raises(ConfigError, match="client_secret"):
            XWebhooks(App("x")).challenge({"crc_token": "abc123"})

    @pytest.mark.parametrize("header", ["x-twitter-webhooks-signature", "x-twitter-webhooks-signature-oauth2"])
    @pytest.mark.parametrize("secret", ["first", "second", "key", "older-key"])
    def test_each_secret_signs_in_each_header(self, header: str, secret: str) -> None:
        secrets = {"client_secret": "first second", "consumer_secret": "key older-key"}
        body = kit.body("d1")
        delivery = XWebhooks(App("x", {}, secrets)).receive({header: signature(secret, body)}, body, NOW)
        assert [user for user, _ in delivery.events] == [OWN]
        assert delivery.status == 200

    def test_one_good_signature_of_two_is_enough(self) -> None:
        body = kit.body("d1")
        headers = {"x-twitter-webhooks-signature": "sha256=other", "x-twitter-webhooks-signature-oauth2": "x"}
        with pytest.raises(InvalidSignature):
            XWebhooks(kit.app()).receive(headers, body, NOW)
        headers["x-twitter-webhooks-signature-oauth2"] = signature(kit.SECRETS[1], body)
        assert XWebhooks(kit.app()).receive(headers, body, NOW).events


class TestDeliveries:
    def receive(self, payload: Any, **config: str) -> Delivery:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return XWebhooks(kit.app(**config)).receive(kit.sign(kit.SECRETS[0], "", NOW, body), body, NOW)

    def test_an_event_is_known_by_its_uuid_whatever_it_says(self) -> None:
        first = self.receive(kit.event("dm.received", kit.dm("one"), "-6850472171600526495"))
        again = self.receive(kit.event("dm.received", kit.dm("two"), "-6850472171600526495"))
        assert first.events[0][1].key == again.events[0][1].key == "-6850472171600526495"

    def test_one_without_a_uuid_is_known_by_its_bytes(self) -> None:
        payload = kit.event("dm.received", kit.dm())
        del payload["data"]["event_uuid"]
        assert len(self.receive(payload).events[0][1].key) == 64

    def test_a_withdrawal_is_for_the_account_that_it_names(self) -> None:
        payload = kit.event("oauth.revoke", {"user_id": FOLLOWER, "app_id": "1"}, filter={})
        [(user, event)] = self.receive(payload).events
        assert user == FOLLOWER
        assert [one.kind for one in parse(json.loads(event.body), user)] == [EventKind.REVOKED]

    def test_what_names_nobody_is_taken_and_forgotten(self) -> None:
        for payload in ({}, {"for_user_id": OWN}, kit.event("news.new", {}, filter={})):
            assert self.receive(payload) == Delivery([], status=200)

    @pytest.mark.parametrize(
        ("kind", "budget", "units"),
        [
            ("dm.received", "25", [100]),
            ("post.mention.create", "25", [50]),
            ("post.delete", "25", []),
            ("dm.received", "none", []),
            ("dm.received", "0.0001", [100]),  # a month too small for it loses no event
        ],
    )
    def test_an_event_says_what_x_has_taken_for_it(self, kind: str, budget: str, units: list[int]) -> None:
        delivery = self.receive(kit.event(kind, kit.dm()), monthly_budget=budget)
        assert [one.cost for one in delivery.charges] == units
        assert len(delivery.events) == 1

    @pytest.mark.parametrize("body", [b"no JSON", b"[]", b'"text"', b"\xff\xfe"])
    def test_what_is_no_object(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            self.receive(body)

    @pytest.mark.parametrize(("rule", "kind"), [("summoned", EventKind.IGNORED), ("all", EventKind.MESSAGE)])
    def test_the_applications_rule_goes_with_the_event(self, rule: str, kind: EventKind) -> None:
        post = {"id": "9", "text": "Nice!", "author_id": FOLLOWER, "created_at": "2026-11-22T07:58:00Z"}
        payload = kit.event("post.reply.create", {**post, "in_reply_to_tweet_id": "8"})
        payload["engage"] = {"reply_rule": "all"}  # nobody but us says this
        [(_, event)] = self.receive(payload, reply_rule=rule).events
        assert [one.kind for one in parse(json.loads(event.body), OWN)] == [kind]


@dataclass
class Ours(Simulator):
    """Our address, as X sees it."""

    app: App = field(default_factory=App)
    got: list[str] = field(default_factory=list)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/hooks/x", self._challenge), Route("/hooks/x", self._take, methods=["POST"])]

    async def _challenge(self, request: Request) -> Response:
        answer = XWebhooks(self.app).challenge(dict(request.query_params))
        return Response(answer or "", 200 if answer else 400, media_type="application/json")

    async def _take(self, request: Request) -> Response:
        try:
            delivery = XWebhooks(self.app).receive(request.headers, await request.body(), datetime.now(UTC))
        except InvalidSignature:
            return PlainTextResponse("", 401)
        self.got += [event.key for _, event in delivery.events]
        return Response(status_code=delivery.status)

    @property
    def hook(self) -> str:
        return f"{self.url}/hooks/x"


@pytest.fixture
def ours(x: X) -> Iterator[Ours]:
    with Ours(app=app_of(x)) as running:
        yield running


def kinds(x: X) -> dict[str, str]:
    return {one.event_type: one.webhook_id for one in x.subscriptions if one.filter == {"user_id": OWN}}


class TestSubscribing:
    async def test_the_address_is_proved_and_the_events_are_asked_for(self, x: X, ours: Ours, connect: Connect) -> None:
        again = await connect().subscribe(ours.hook)
        assert again is not None
        assert timedelta(minutes=55) < again - datetime.now(UTC) <= timedelta(hours=1)
        [webhook] = x.webhooks
        assert (webhook.url, webhook.valid) == (ours.hook, True)
        assert kinds(x) == dict.fromkeys(SUMMONED, webhook.id)

    async def test_asking_again_changes_nothing(self, x: X, ours: Ours, connect: Connect) -> None:
        await connect().subscribe(ours.hook)
        before = list(x.subscriptions)
        x.calls.clear()
        await connect().subscribe(ours.hook)
        assert x.subscriptions == before
        assert {call.method for call in x.calls} == {"GET"}

    async def test_events_arrive_whichever_header_signs_them(self, x: X, ours: Ours, connect: Connect) -> None:
        await connect().subscribe(ours.hook)
        for x.signs_as in ("x-twitter-webhooks-signature", "x-twitter-webhooks-signature-oauth2"):
            x.message(FOLLOWER, OWN, "hello")
        await _until(lambda: len(x.deliveries) == 2)
        assert [status for _, status in x.deliveries] == [200, 200]
        assert sorted(ours.got) == sorted(key for key, _ in x.deliveries)

    async def test_replies_that_ask_nobody_are_heard_with_an_enterprise_contract_only(
        self, x: X, ours: Ours, connect: Connect
    ) -> None:
        await connect(app_of(x, reply_rule="all")).subscribe(ours.hook)
        assert set(kinds(x)) == SUMMONED | {"post.reply.create"}
        await connect().subscribe(ours.hook)
        assert set(kinds(x)) == SUMMONED, "each of them costs money"

    async def test_only_what_was_granted_is_asked_for(self, x: X, ours: Ours, connect: Connect) -> None:
        x.users[OWN].scopes = {"tweet.read", "dm.read", "users.read"}
        await connect(scopes=["tweet.read", "dm.read", "users.read"]).subscribe(ours.hook)
        assert set(kinds(x)) == SUMMONED - {"broadcast.chat"}

    async def test_what_came_over_the_stream_moves_to_the_webhook(self, x: X, ours: Ours, connect: Connect) -> None:
        x.subscriptions = [Subscription("900", "dm.received", {"user_id": OWN}, "engage")]
        await connect().subscribe(ours.hook)
        assert kinds(x)["dm.received"] == x.webhooks[0].id

    async def test_what_others_asked_for_is_left_alone(self, x: X, ours: Ours, connect: Connect) -> None:
        theirs = [
            Subscription("900", "like.create", {"user_id": OWN}, "another program"),
            Subscription("901", "like.create", {"user_id": FOLLOWER}, "engage"),
        ]
        x.subscriptions = list(theirs)
        x.webhooks.append(Webhook("5", "https://another.example/hook"))
        await connect().subscribe(ours.hook)
        assert x.subscriptions[:2] == theirs
        assert len(x.webhooks) == 2

    async def test_subscriptions_on_many_pages(self, x: X, ours: Ours, connect: Connect) -> None:
        x.page = 3
        await connect().subscribe(ours.hook)
        before = list(x.subscriptions)
        await connect().subscribe(ours.hook)
        assert x.subscriptions == before

    async def test_an_address_that_x_gave_up_is_proved_anew_and_what_was_missed_is_told(
        self, x: X, ours: Ours, connect: Connect
    ) -> None:
        await connect().subscribe(ours.hook)
        x.webhooks[0].valid = False
        x.message(FOLLOWER, OWN, "is anybody there?")
        await connect().subscribe(ours.hook)
        await _until(lambda: len(ours.got) == 1)
        assert x.webhooks[0].valid
        [asked] = x.replays
        assert int(asked["to_date"]) - int(asked["from_date"]) > 0

    async def test_a_replay_that_is_not_for_us_is_no_error(self, x: X, ours: Ours, connect: Connect) -> None:
        await connect().subscribe(ours.hook)
        x.webhooks[0].valid = False
        x.fail("/2/webhooks/replay", 403, {"detail": "not for this application"})
        await connect().subscribe(ours.hook)
        assert x.webhooks[0].valid

    async def test_an_address_that_proves_nothing(self, x: X, ours: Ours, connect: Connect) -> None:
        x.secret = "another secret"
        with pytest.raises(Refused, match="CrcValidationFailed"):
            await connect().subscribe(ours.hook)
        assert x.subscriptions == []

    async def test_an_address_with_a_port_is_none_for_x(self, x: X, ours: Ours, connect: Connect) -> None:
        x.https_only = True
        with pytest.raises(Refused, match="UrlValidationFailed"):
            await connect().subscribe(ours.hook)

    async def test_somebody_was_quicker(self, x: X, ours: Ours, connect: Connect) -> None:
        x.fail("/2/activity/subscriptions", 200, {"data": []}, method="GET")
        x.subscriptions = [Subscription("900", "dm.received", {"user_id": OWN}, "engage", "1")]
        await connect().subscribe(ours.hook)
        assert set(kinds(x)) == SUMMONED

    async def test_a_lost_answer_is_asked_again_later(self, x: X, ours: Ours, connect: Connect) -> None:
        x.lose("/2/activity/subscriptions", method="POST")
        with pytest.raises(Unavailable):
            await connect().subscribe(ours.hook)
        await connect().subscribe(ours.hook)
        assert sorted(one.event_type for one in x.subscriptions) == sorted(SUMMONED)

    @pytest.mark.parametrize("path", ["/2/webhooks", "/2/activity/subscriptions"])
    async def test_an_answer_that_is_none(self, path: str, x: X, ours: Ours, connect: Connect) -> None:
        for body in ({"data": [{"id": True, "subscription_id": []}]}, {"data": 5}, "[]"):
            x.fail(path, 200, body, method="GET")
            with pytest.raises(Unavailable):
                await connect().subscribe(ours.hook)

    async def test_a_wrong_bearer_token_is_no_doubt_about_the_account(self, x: X, ours: Ours, connect: Connect) -> None:
        app = App("x", app_of(x).config, {**app_of(x).secrets, "bearer_token": "another-bearer-token-of-old"})
        with pytest.raises(ConfigError, match="bearer_token") as caught:
            await connect(app).subscribe(ours.hook)
        assert "another-bearer-token-of-old" not in str(caught.value)
        with pytest.raises(ConfigError, match="bearer_token"):
            await connect(App("x", app.config, {"client_secret": "s"})).subscribe(ours.hook)

    def test_the_scopes_that_are_asked_for_are_enough(self) -> None:
        assert {"tweet.read", "dm.read", "broadcast.read", "offline.access"} <= set(SCOPES)


async def _until(happened: Callable[[], bool]) -> None:
    for _ in range(2000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")
