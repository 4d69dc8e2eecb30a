"""What Meta delivers to the application's address: proof, secrets, sorting out, and keys that stay the same."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import meta_webhooks
from connectors.instagram.parse import parse
from connectors.instagram.webhooks import webhooks
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.connectors.instagram import kit
from tests.platforms.instagram import Instagram

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
VECTOR = (
    "test-secret",
    b'{"object":"page","entry":[]}',
    "sha256=b5a88eb16fa1b0bd3526754d185ffe266abe023a8d0d305aa57e5f244aaf399d",
)


def received(*entries: Any, secret: str = kit.SECRETS[0], app: App | None = None) -> Delivery:
    body, headers = Instagram(secret=secret).delivery(*entries)
    return webhooks(app or kit.app()).receive(headers, body, NOW)


def test_the_known_signature() -> None:
    secret, body, signature = VECTOR
    assert meta_webhooks.sign(secret, body) == signature
    meta_webhooks.verify([secret], {"x-hub-signature-256": signature}, body)
    with pytest.raises(InvalidSignature):
        meta_webhooks.verify(["another"], {"x-hub-signature-256": signature}, body)


def test_either_of_two_apps_secrets_may_sign() -> None:
    """Instagram's own or the Meta app's: Meta does not say which."""
    app = App("instagram", {}, {"client_secret": "one", "webhook_secret": "two three"})
    for secret in ("one", "two", "three"):
        assert received(secret=secret, app=app) == Delivery([])
    with pytest.raises(InvalidSignature):
        received(secret="four", app=app)
    with pytest.raises(ConfigError, match="client_secret"):
        received(app=App("instagram"))


QUERY = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "v3rify-me-a1b2c3d4"}


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
        assert webhooks(App("instagram")).challenge({**QUERY, "hub.verify_token": ""}) is None
        assert webhooks(kit.app()).challenge({}) is None


class TestDelivery:
    def test_a_thousand_updates_become_a_thousand_events(self) -> None:
        there = Instagram()
        comments = [there.add(kit.FAN, f"{number}?") for number in range(500)]
        messages = [there.write_message(kit.FAN, f"{number}?") for number in range(500)]
        entries = [there.comment_entry(one) for one in comments] + [there.message_entry(one) for one in messages]
        delivery = received(*entries)
        assert len(delivery.events) == 1000
        assert len({raw.key for _, raw in delivery.events}) == 1000
        assert {account for account, _ in delivery.events} == {kit.OWN}
        assert received(*entries) == delivery, "a redelivery has the same keys"
        events = [event for _, raw in delivery.events for event in parse(json.loads(raw.body), kit.OWN)]
        assert {event.kind for event in events} == {EventKind.MESSAGE}
        assert len(events) == 1000

    def test_accounts_of_one_delivery_are_told_apart(self) -> None:
        one, other = Instagram(), Instagram(own="17841400000000002")
        delivery = received(one.comment_entry(one.add(kit.FAN, "a")), other.comment_entry(other.add(kit.FAN, "b")))
        assert [account for account, _ in delivery.events] == [one.own, other.own]

    def test_both_shapes_of_a_comment_are_the_same_event(self) -> None:
        there = Instagram()
        comment = there.add(kit.FAN, "how long?")
        shapes = [there.comment_entry(comment), there.comment_entry(comment, in_changes=False)]
        raws = [received(shape).events[0][1] for shape in shapes]
        assert raws[0].key == raws[1].key == f"comments {comment.id}"
        assert [parse(json.loads(raw.body), kit.OWN) for raw in raws] == [
            parse({"object": "instagram", "entry": [shape]}, kit.OWN) for shape in shapes
        ]

    def test_an_unsent_message_is_another_event_than_the_message(self) -> None:
        there = Instagram()
        message = there.write_message(kit.FAN, "how long?")
        keys = [
            received(entry).events[0][1].key for entry in (there.message_entry(message), there.unsent_entry(message))
        ]
        assert keys[0] == f"messaging {message.id}"
        assert keys[0] != keys[1]

    @pytest.mark.parametrize("app_id", ["990000000000001", 770000000000001, None], ids=["ours", "another", "untold"])
    def test_no_apps_id_makes_a_persons_words_ours(self, app_id: Any) -> None:
        """Meta's inbox, where a person writes, is reported to give the id of the app that is connected."""
        there = Instagram()
        mine = there.write_by_hand(kit.FAN, "I'll look")
        more = {} if app_id is None else {"app_id": app_id}
        raw = received(there.message_entry(mine, **more)).events[0][1]
        (event,) = parse(json.loads(raw.body), kit.OWN)
        assert event.kind is EventKind.TAKEOVER
        assert event.message is not None
        assert event.message.conversation_id == f"dm:{kit.FAN}"

    @pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"object": 5}', b'{"object": "instagram", "entry": [{}]}'])
    def test_what_is_no_delivery_is_malformed(self, body: bytes) -> None:
        headers = kit.sign(kit.SECRETS[0], "d1", NOW, body)
        with pytest.raises(Malformed):
            webhooks(kit.app()).receive(headers, body, NOW)

    def test_another_products_delivery_brings_nothing(self) -> None:
        body = b'{"object":"page","entry":[{"id":"1","time":1,"messaging":[{}]}]}'
        assert webhooks(kit.app()).receive(kit.sign(kit.SECRETS[0], "d1", NOW, body), body, NOW) == Delivery()
