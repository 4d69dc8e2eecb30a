"""What Meta delivers about Pages: sorting out, keys that stay the same, and whose message it is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.facebook.parse import parse
from connectors.facebook.webhooks import webhooks
from connectors.meta_webhooks import sign, verify
from engage.models import EventKind
from engage.platform import Delivery
from tests.connectors.facebook import kit
from tests.platforms.facebook import Facebook

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SIGNATURE = "sha256=b5a88eb16fa1b0bd3526754d185ffe266abe023a8d0d305aa57e5f244aaf399d"


def received(*entries: Any) -> Delivery:
    body, headers = Facebook(secret=kit.SECRETS[1]).delivery(*entries)
    return webhooks(kit.app()).receive(headers, body, NOW)


def kinds(entry: Any) -> list[EventKind]:
    raws = [raw for _, raw in received(entry).events]
    return [event.kind for raw in raws for event in parse(json.loads(raw.body), kit.OWN)]


def test_the_known_signature() -> None:
    body = b'{"object":"page","entry":[]}'
    assert sign("test-secret", body) == SIGNATURE
    verify(["test-secret"], {"x-hub-signature-256": SIGNATURE}, body)


def test_the_handshake() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "7", "hub.verify_token": "v3rify-me-e5f6a7b8"}
    assert webhooks(kit.app()).challenge(query) == "7"
    assert webhooks(kit.app()).challenge({**query, "hub.verify_token": "guess"}) is None


def test_pages_of_one_delivery_are_told_apart() -> None:
    one, other = Facebook(), Facebook(own="100000000000002")
    entries = [one.comment_entry(one.add(kit.FAN, "a")), other.message_entry(other.write_message(kit.FAN, "b"))]
    delivery = received(*entries)
    assert [account for account, _ in delivery.events] == [one.own, other.own]
    assert received(*entries) == delivery, "a redelivery has the same keys"


def test_what_happens_to_a_comment_are_events_of_their_own() -> None:
    there = Facebook()
    comment = there.add(kit.FAN, "when?")
    entries = [there.comment_entry(comment)]
    comment.text = "where?"
    entries += [there.comment_entry(comment, verb) for verb in ("edited", "hide", "unhide", "remove")]
    delivery = received(*entries)
    assert len({raw.key for _, raw in delivery.events}) == 5
    assert delivery.events[0][1].key == f"comment {comment.id}"
    assert [kind for entry in entries for kind in kinds(entry)] == [
        EventKind.MESSAGE,
        EventKind.EDITED,
        EventKind.STATUS,
        EventKind.STATUS,
        EventKind.DELETED,
    ]


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"metadata": "engage:key-2", "app_id": 5}, EventKind.ECHO),
        ({"app_id": 880000000000001}, EventKind.TAKEOVER),
        ({"app_id": 263902037430900}, EventKind.TAKEOVER),
        ({"metadata": "other:key-2"}, EventKind.TAKEOVER),
        ({}, EventKind.TAKEOVER),
    ],
    ids=["metadata", "our-app", "inbox", "another-metadata", "untold"],
)
def test_an_echo_of_somebody_else_is_a_take_over(told: dict[str, Any], kind: EventKind) -> None:
    there = Facebook()
    assert kinds(there.message_entry(there.write_by_hand(kit.FAN, "I'll look"), **told)) == [kind]
