"""What every connector must do, whatever its platform: a new folder is found and tested without a line here.

A platform brings fixtures `<event>__<variant>.json` with `payload`, `account_user_id` and `expect`, and a `kit.py`:

- `account(base_url)`: an account whose every call goes to `base_url`; `reply()`: an Outgoing it would send
- `BEFORE`: the answers to the reads that go before a send; `ERRORS`: what else a send is answered, and what it means
- `CALLS_NOBODY`: true where a send makes no call
- `DELIVERS_NOTHING`: true where the platform's address serves a document and takes no deliveries
- with webhooks: `SECRETS` (two), `sign(secret, delivery, sent_at, body)` → headers, `EXPIRES`, and where the platform's
  deliveries are no plain JSON or name their account, `body(delivery)`; where it calls an application, `app()`
"""

import copy
import importlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import connector_class, parser, platforms, webhooks_of
from engage.errors import (
    Ambiguous,
    EngageError,
    InvalidSignature,
    Malformed,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from engage.limits import Limit, Quota
from engage.models import Event, EventKind, Surface
from engage.platform import Settle, WebhookSource
from tests.connectors.conftest import Scripted, hang_up, reset, response

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECTIONS = ("Set-up", "Scopes", "Limits", "Settle", "Sources")
NOT_PAYLOADS: tuple[Any, ...] = (None, 5, "text", [], {}, [[]], {"type": 5}, {"data": {}})
Start = Callable[..., Awaitable[Scripted]]


def fixtures(platform: str) -> list[Path]:
    return sorted((HERE / platform / "fixtures").glob("*.json"))


FIXTURES = [pytest.param(name, path, id=f"{name}-{path.stem}") for name in platforms() for path in fixtures(name)]


def kit(platform: str) -> Any:
    return importlib.import_module(f"tests.connectors.{platform}.kit")


TAKE_CALLS = [name for name in platforms() if issubclass(connector_class(name), WebhookSource) or webhooks_of(name)]
WEBHOOKS = [name for name in TAKE_CALLS if not getattr(kit(name), "DELIVERS_NOTHING", False)]


ERRORS = [
    pytest.param(name, status, body, error, id=f"{name}-{status}-{error.__name__}-{n}")
    for name in platforms()
    for n, (status, body, error) in enumerate(kit(name).ERRORS)
]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def parsed(platform: str, path: Path) -> list[Event]:
    fixture = load(path)
    return parser(platform)(fixture["payload"], fixture["account_user_id"])


def flat(event: Event) -> dict[str, Any]:
    """An event in the words of a fixture's `expect`."""
    shown: dict[str, Any] = {"kind": event.kind.value, "reason": event.reason}
    shown["surface"] = event.surface.value if event.surface else None
    if message := event.message:
        shown |= {name: getattr(message, name) for name in ("id", "conversation_id", "text", "reply_to_id")}
        shown |= {"post_id": message.post_id, "post_text": message.post_text, "sent_at": message.sent_at.isoformat()}
        author = message.author
        shown |= {"author_id": author.id, "author_name": author.name}
        shown |= {"is_self": author.is_self, "is_bot": author.is_bot}
    return shown


@pytest.mark.parametrize(("platform", "path"), FIXTURES)
class TestFixture:
    def test_is_understood(self, platform: str, path: Path) -> None:
        expected = load(path)["expect"]
        events = [flat(event) for event in parsed(platform, path)]
        assert [{key: event.get(key) for key in want} for event, want in zip(events, expected, strict=True)] == expected

    def test_is_named_after_its_event(self, platform: str, path: Path) -> None:
        assert len(path.stem.split("__")) == 2

    def test_parse_is_pure(self, platform: str, path: Path) -> None:
        fixture = load(path)
        before = copy.deepcopy(fixture["payload"])
        assert parsed(platform, path) == parsed(platform, path)
        parser(platform)(fixture["payload"], fixture["account_user_id"])
        assert fixture["payload"] == before

    def test_own_words_are_never_a_message_to_answer(self, platform: str, path: Path) -> None:
        own = load(path)["account_user_id"]
        for event in parsed(platform, path):
            if event.kind is EventKind.MESSAGE:
                assert event.message is not None
                assert event.message.author.id != own
                assert not event.message.author.is_self

    def test_events_are_whole(self, platform: str, path: Path) -> None:
        for event in parsed(platform, path):
            if event.kind is EventKind.IGNORED:
                assert event.reason
            if event.message is not None:
                assert event.surface is event.message.surface
                assert event.message.sent_at.tzinfo is not None
                assert event.message.id or (event.kind is EventKind.DELETED and event.message.conversation_id)
                known = event.message.conversation_id and event.message.author.id
                answers = event.kind is EventKind.TAKEOVER and event.message.reply_to_id
                assert known or answers or event.kind is EventKind.DELETED, "whose is it, and where?"

    def test_what_is_cut_out_is_named_or_not_needed(self, platform: str, path: Path) -> None:
        """Any part of a payload may be missing or of another type: Malformed, or events; never anything else."""
        fixture, refused = load(path), 0
        for broken in mutations(fixture["payload"]):
            try:
                events = parser(platform)(broken, fixture["account_user_id"])
            except Malformed:
                refused += 1
            else:
                assert all(event.reason for event in events if event.kind is EventKind.IGNORED)
        assert refused


def mutations(value: Any) -> Iterator[Any]:
    """`value` with each of its parts replaced by something it should not be."""
    yield from (None, 5, [], {}, "x")
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        for mutated in mutations(value[key]):
            other = copy.copy(value)
            other[key] = mutated
            yield other


@pytest.mark.parametrize("platform", platforms())
class TestConnector:
    def test_every_surface_has_a_fixture_of_a_message(self, platform: str) -> None:
        events = [event for path in fixtures(platform) for event in parsed(platform, path)]
        seen = {event.surface for event in events if event.kind is EventKind.MESSAGE}
        assert seen == connector_class(platform).surfaces
        assert any(event.kind is EventKind.IGNORED for event in events), "an event nobody knows"

    @pytest.mark.parametrize("payload", NOT_PAYLOADS, ids=repr)
    def test_what_is_no_payload(self, platform: str, payload: Any) -> None:
        with pytest.raises(Malformed):
            parser(platform)(payload, "me")

    def test_readme(self, platform: str) -> None:
        folder = Path(importlib.import_module(connector_class(platform).__module__).__file__ or "").parent
        headings = re.findall(r"^## (.*)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
        assert [section for section in SECTIONS if section not in headings] == []

    async def test_declares_itself(self, platform: str) -> None:
        connector = connector_class(platform)(kit(platform).account("http://127.0.0.1:9"))
        try:
            assert connector.name == platform
            assert connector.surfaces <= set(Surface)
            assert connector.settle in Settle
            assert connector.readback_lag >= timedelta()
            assert connector.beside_webhooks | connector.without_webhooks <= {"poll", "stream"}
            assert all(isinstance(limit, Limit) for limit in connector.limits)
            assert all(isinstance(quota, Quota) for quota in connector.quotas)
        finally:
            await connector.close()

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (response(401), Unauthorized),
            (response(429, "", "retry-after: 7"), RateLimited),
            (response(502), Ambiguous),
            (hang_up, Ambiguous),
            (reset, Ambiguous),
            (response(200, "not what was promised"), Ambiguous),
        ],
        ids=["401", "429", "502", "hung-up", "reset", "unreadable"],
    )
    async def test_send(self, platform: str, answer: Any, error: type[EngageError], scripted: Start) -> None:
        skip_where_nobody_is_called(platform)
        server = await scripted(*before(platform), answer)
        caught = await failure(platform, server.url)
        assert type(caught) is error
        assert isinstance(caught, EngageError)
        assert len(server.requests) == len(before(platform)) + 1, "a write is never repeated"
        if isinstance(caught, RateLimited):
            assert caught.retry_after == timedelta(seconds=7)
        assert_tells_no_secret(platform, caught)

    async def test_send_to_nobody(self, platform: str, unused_tcp_port: int) -> None:
        skip_where_nobody_is_called(platform)
        caught = await failure(platform, f"http://127.0.0.1:{unused_tcp_port}")
        assert type(caught) is Unavailable
        assert_tells_no_secret(platform, caught)

    def test_says_what_the_usual_refusals_mean(self, platform: str) -> None:
        skip_where_nobody_is_called(platform)
        assert {403, 404, 409} <= {status for status, _, _ in kit(platform).ERRORS}

    async def test_what_may_be_said_of_every_surface(self, platform: str) -> None:
        connector = connector_class(platform)(kit(platform).account("http://127.0.0.1:9"))
        try:
            for surface in connector.surfaces:
                able = await connector.capabilities(surface, kit(platform).reply().conversation_id, NOW, NOW)
                assert able.reason or able.may_reply
                assert able.max_length >= 100
        finally:
            await connector.close()


@pytest.mark.parametrize(("platform", "status", "body", "error"), ERRORS)
async def test_what_a_refusal_means(
    platform: str, status: int, body: Any, error: type[EngageError], scripted: Start
) -> None:
    """As the README of the platform says."""
    text = body if isinstance(body, str) else json.dumps(body)
    server = await scripted(*before(platform), response(status, text, "content-type: application/json"))
    caught = await failure(platform, server.url)
    assert type(caught) is error
    assert_tells_no_secret(platform, caught)


def skip_where_nobody_is_called(platform: str) -> None:
    if getattr(kit(platform), "CALLS_NOBODY", False):
        pytest.skip("this platform is ours: a send calls nobody")


def before(platform: str) -> tuple[Any, ...]:
    """The answers to what is read before a send."""
    return tuple(response(200, json.dumps(said), "content-type: application/json") for said in kit(platform).BEFORE)


async def failure(platform: str, url: str) -> EngageError:
    connector = connector_class(platform)(kit(platform).account(url))
    try:
        with pytest.raises(EngageError) as caught:
            await connector.send(kit(platform).reply())
    finally:
        await connector.close()
    return caught.value


def assert_tells_no_secret(platform: str, error: EngageError) -> None:
    account = kit(platform).account("http://127.0.0.1:9")
    for value in [*account.credentials.values(), *account.app.secrets.values()]:
        assert value not in str(error)


@pytest.mark.parametrize("platform", WEBHOOKS)
class TestWebhooks:
    def receive(self, platform: str, headers: dict[str, str], body: bytes, late_s: float = 0) -> list[str]:
        """The keys of what a delivery brought."""
        now = NOW + timedelta(seconds=late_s)
        if make := webhooks_of(platform):
            delivery = make(kit(platform).app()).receive(headers, body, now)
            assert all(user_id for user_id, _ in delivery.events)
            return [event.key for _, event in delivery.events]
        connector = connector_class(platform)(kit(platform).account("http://127.0.0.1:9"))
        assert isinstance(connector, WebhookSource)
        return [connector.receive(headers, body, now).key]

    def signed(self, platform: str, secret: str, delivery: str = "d1") -> tuple[dict[str, str], bytes]:
        body = body_of(platform, delivery)
        return dict(kit(platform).sign(secret, delivery, NOW, body)), body

    def test_each_secret_is_accepted(self, platform: str) -> None:
        for secret in kit(platform).SECRETS:
            assert self.receive(platform, *self.signed(platform, secret))

    def test_the_key_stays_the_same_and_differs_between_deliveries(self, platform: str) -> None:
        one, two = kit(platform).SECRETS
        first = self.receive(platform, *self.signed(platform, one))
        assert first == self.receive(platform, *self.signed(platform, two))
        assert not set(first) & set(self.receive(platform, *self.signed(platform, one, "d2")))

    def test_a_wrong_secret_is_refused(self, platform: str) -> None:
        stranger = kit(platform).SECRETS[0][:-4] + "AAAA"
        with pytest.raises(InvalidSignature):
            self.receive(platform, *self.signed(platform, stranger))

    def test_another_body_is_refused(self, platform: str) -> None:
        headers, body = self.signed(platform, kit(platform).SECRETS[0])
        if not kit(platform).SIGNS_BODY:
            pytest.skip("this platform signs no body: whoever knows the secret is the platform")
        for other in (b"", b"{}", body + b"\n", body.replace(b" ", b"")):
            assert other != body
            with pytest.raises(InvalidSignature):
                self.receive(platform, headers, other)

    def test_unsigned_is_refused(self, platform: str) -> None:
        headers, body = self.signed(platform, kit(platform).SECRETS[0])
        for wrong in ({}, dict.fromkeys(headers, "x")):
            with pytest.raises(InvalidSignature):
                self.receive(platform, wrong, body)

    def test_an_old_delivery_is_refused(self, platform: str) -> None:
        if not kit(platform).EXPIRES:
            pytest.skip("this platform signs no time; deliveries are told apart by their key")
        with pytest.raises(InvalidSignature):
            self.receive(platform, *self.signed(platform, kit(platform).SECRETS[0]), late_s=3600)


def body_of(platform: str, delivery: str) -> bytes:
    """A delivery; another one for another name."""
    make = getattr(kit(platform), "body", None)
    return make(delivery) if make else json.dumps({"text": "caf\u00e9", "id": delivery}, indent=1).encode()
