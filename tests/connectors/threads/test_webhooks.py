"""What Threads delivers to the application's address: proof, secrets, whom it is for, and keys that stay the same."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import meta_webhooks
from connectors.threads.parse import parse
from connectors.threads.webhooks import webhooks
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.connectors.threads import kit
from tests.platforms.threads import Threads

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
VECTOR = (
    "test-secret",
    b'{"object":"page","entry":[]}',
    "sha256=b5a88eb16fa1b0bd3526754d185ffe266abe023a8d0d305aa57e5f244aaf399d",
)
QUERY = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "v3rify-me-e5f6a7b8"}


def received(payload: Any, secret: str = kit.SECRETS[0], app: App | None = None) -> Delivery:
    body, headers = Threads(secret=secret).signed(payload)
    return webhooks(app or kit.app()).receive(headers, body, NOW)


def test_the_known_signature() -> None:
    secret, body, signature = VECTOR
    app = App("threads", {}, {"client_secret": f"another {secret}"})
    with pytest.raises(Malformed):  # it is signed well, and about a page
        webhooks(app).receive({"x-hub-signature-256": signature}, body, NOW)
    with pytest.raises(InvalidSignature):
        webhooks(kit.app()).receive({"x-hub-signature-256": signature}, body, NOW)
    assert meta_webhooks.sign(secret, body) == signature


def test_either_of_two_apps_secrets_may_sign() -> None:
    """The Threads app's or the Meta app's: Meta does not say which."""
    there = Threads()
    payload = there.delivery_of("replies", there.write(kit.FAN, "how long?", there.post.id))
    app = App("threads", {}, {"client_secret": "one", "webhook_secret": "two three"})
    for secret in ("one", "two", "three"):
        assert received(payload, secret, app).events
    with pytest.raises(InvalidSignature):
        received(payload, "four", app)
    with pytest.raises(ConfigError, match="client_secret"):
        received(payload, app=App("threads"))


class TestHandshake:
    def test_answers_who_knows_the_token(self) -> None:
        assert webhooks(kit.app()).challenge(QUERY) == "1158201444"

    @pytest.mark.parametrize(
        "wrong",
        [{"hub.verify_token": "guess"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}],
        ids=["token", "none", "mode"],
    )
    def test_answers_nobody_else(self, wrong: dict[str, str]) -> None:
        assert webhooks(kit.app()).challenge({**QUERY, **wrong}) is None

    def test_without_a_token_of_ours_there_is_no_proof(self) -> None:
        assert webhooks(App("threads")).challenge({**QUERY, "hub.verify_token": ""}) is None
        assert webhooks(kit.app()).challenge({}) is None


class TestDelivery:
    @pytest.mark.parametrize(
        ("field", "kind"),
        [
            ("replies", EventKind.MESSAGE),
            ("mentions", EventKind.MESSAGE),
            ("delete", EventKind.DELETED),
            ("publish", EventKind.IGNORED),
        ],
    )
    def test_each_field_names_the_account_and_keeps_its_key(self, field: str, kind: EventKind) -> None:
        there = Threads()
        one = there.write(kit.FAN, "@ada.makes how long?", there.post.id)
        payload = there.delivery_of(field, one)
        ((account, raw),) = received(payload).events
        assert account == kit.OWN
        assert raw.key == f"{field} {one.id}"
        later = {**payload, "time": 1763900000, "subscription_id": "9"}
        assert received(later).events[0][1].key == raw.key, "a redelivery has the same key"
        assert [event.kind for event in parse(json.loads(raw.body), kit.OWN)] == [kind]
        assert parse(json.loads(raw.body), "1")[0].kind is EventKind.IGNORED, "it is nobody else's"

    def test_a_list_of_changes_becomes_an_event_each(self) -> None:
        there = Threads()
        replies = [there.write(kit.FAN, f"{number}?", there.post.id) for number in range(1000)]
        told = [there.delivery_of("replies", one) for one in replies]
        delivery = received({**told[0], "values": [one["values"] for one in told]})
        assert [raw.key for _, raw in delivery.events] == [f"replies {one.id}" for one in replies]
        events = [event for _, raw in delivery.events for event in parse(json.loads(raw.body), kit.OWN)]
        assert {event.kind for event in events} == {EventKind.MESSAGE}
        assert len(events) == 1000

    def test_a_reply_in_a_strangers_thread_is_not_taken_for_ours(self) -> None:
        there = Threads()
        theirs = there.write("stranger", "look at this")
        reply = there.write(kit.FAN, "nice", theirs.id)
        ((account, _),) = received(there.delivery_of("replies", reply)).events
        assert account != kit.OWN

    def test_an_own_reply_leaves_its_key_to_the_poll(self) -> None:
        there = Threads()
        asked = there.write(kit.FAN, "how long?", there.post.id)
        mine = there.write(kit.HANDLE, "Six weeks.", asked.id)
        ((_, raw),) = received(there.delivery_of("replies", mine)).events
        assert raw.key == f"replies {mine.id} untold"
        assert [event.kind for event in parse(json.loads(raw.body), kit.OWN)] == [EventKind.IGNORED]

    def test_what_has_no_id_is_told_apart_by_its_words(self) -> None:
        keys = [received(kit.told("news", {"text": words}, kit.OWN)).events[0][1].key for words in ("a", "b", "a")]
        assert keys[0] == keys[2] != keys[1]

    @pytest.mark.parametrize(
        "body", [b"no JSON", b"[]", b'{"topic": 5}', b'{"topic": "moderate"}', b'{"topic": "moderate", "values": [{}]}']
    )
    def test_what_is_no_delivery_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Malformed):
            webhooks(kit.app()).receive(kit.sign(kit.SECRETS[0], "d1", NOW, body), body, NOW)
