"""What Discord calls an application for."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.discord.parse import parse
from connectors.discord.webhooks import DiscordWebhooks
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.connectors.discord import kit

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
# A throwaway key's signature over timestamp and raw body.
VECTOR_KEY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
VECTOR_HEADERS = {
    "x-signature-timestamp": "1795334400",
    "x-signature-ed25519": "228987b5119819acf23018a7904081f271819abe2982348b05b32be5a4dbebc5"
    "d5f3613139a080ebf6004a8a12ec8332ba36a35e90b140fc3b39867151848e0a",
}
VECTOR_BODY = base64.b64decode("eyJ0eXBlIjoxfQ==")


def receive(payload: Any, config: dict[str, str] | None = None) -> Delivery:
    body = json.dumps(payload).encode()
    app = kit.app() if config is None else App("discord", {**kit.app().config, **config})
    return DiscordWebhooks(app).receive(kit.sign(kit.SECRETS[0], "d", NOW, body), body, NOW)


def test_a_known_signature_verifies_and_the_interactions_ping_is_answered() -> None:
    hooks = DiscordWebhooks(App("discord", {"public_key": f"{'00' * 32} {VECTOR_KEY}"}))
    said = hooks.receive(VECTOR_HEADERS, VECTOR_BODY, NOW)
    assert (said.events, json.loads(said.answer), said.media_type) == ((), {"type": 1}, "application/json")
    with pytest.raises(InvalidSignature, match="none of the public keys"):
        hooks.receive(VECTOR_HEADERS, VECTOR_BODY + b" ", NOW)


def test_the_ping_of_webhook_events_is_acknowledged_with_nothing() -> None:
    assert receive({"version": 1, "application_id": kit.APPLICATION, "type": 0}) == Delivery(status=204)


def test_nothing_is_proved_by_get() -> None:
    assert DiscordWebhooks(kit.app()).challenge({"hub.challenge": "x"}) is None


@pytest.mark.parametrize("late", [timedelta(minutes=16), -timedelta(minutes=16)])
def test_a_replay_is_refused(late: timedelta) -> None:
    body = kit.body("d1")
    with pytest.raises(InvalidSignature, match="too far from now"):
        DiscordWebhooks(kit.app()).receive(kit.sign(kit.SECRETS[0], "d1", NOW, body), body, NOW + late)


def test_a_late_retry_is_taken() -> None:
    body = kit.body("d1")
    hooks = DiscordWebhooks(kit.app())
    said = hooks.receive(kit.sign(kit.SECRETS[0], "d1", NOW, body), body, NOW + timedelta(minutes=9))
    [(user_id, _)] = said.events
    assert (said.status, said.answer) == (204, "")  # as Discord wants it
    assert user_id == kit.BOT


@pytest.mark.parametrize(("user_id", "kind"), [(kit.CREATOR, "revoked"), (kit.FOLLOWER, "ignored")])
def test_only_the_creator_ends_the_access(user_id: str, kind: str) -> None:
    [(bot, event)] = receive(json.loads(kit.body("d1", user_id))).events
    assert [event.kind for event in parse(json.loads(event.body), bot)] == [EventKind(kind)]


def test_an_interaction_is_not_offered_and_its_token_not_kept() -> None:
    command = {"id": "1600000000000000001", "application_id": kit.APPLICATION, "type": 2, "token": "aW50ZXJhY3Rpb24"}
    [(bot, event)] = receive(command).events
    assert b"aW50ZXJhY3Rpb24" not in event.body
    [ignored] = parse(json.loads(event.body), bot)
    assert (ignored.kind, bool(ignored.reason)) == (EventKind.IGNORED, True)


@pytest.mark.parametrize("payload", [None, [], {}, {"type": 5}, {"event": {}}, {"type": False}])
def test_what_is_signed_but_no_delivery(payload: Any) -> None:
    with pytest.raises(Malformed):
        receive(payload)


def test_a_missing_or_wrong_public_key_is_named() -> None:
    for value in ("", "not hexadecimal"):
        with pytest.raises(ConfigError, match="public_key"):
            receive({"type": 1}, {"public_key": value})
