"""What Discord calls an application for: its proof that the address is ours, and webhook events. No messages.

https://docs.discord.com/developers/events/webhook-events
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature as Mismatch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connectors.discord.places import ids_in
from connectors.fields import MISSING, get, id_of, id_or_none
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.platform import App, Delivery, RawEvent

PING, EVENT = 0, 1  # of webhook events
INTERACTION_PING = 1
# Discord names no window and tries a delivery again for up to 10 minutes.
TOLERANCE = timedelta(minutes=15)
_PLACE = "app discord"


class DiscordWebhooks:
    """The application's address, for webhook events and for interactions alike."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Discord asks by POST."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify, and tell what is in it. The bot's user id is taken to be the application's id."""
        verify(self._keys(), headers, body, now)
        try:
            payload = json.loads(body)
        except ValueError:
            raise Malformed("the body is not JSON") from None
        if get(payload, "event") is not MISSING:
            return self._event(payload, body)
        kind = get(payload, "type")
        if kind == PING and kind is not False:
            return Delivery(status=204)
        if kind == INTERACTION_PING:
            return Delivery(answer='{"type":1}', media_type="application/json")
        return _interaction(payload)

    def _event(self, payload: Any, body: bytes) -> Delivery:
        creators = ids_in(self._app.config, "creator_user_ids", _PLACE)
        by_creator = id_or_none(payload, "event", "data", "user", "id") in creators
        told = json.dumps({**payload, "engage": {"by_creator": by_creator}}).encode()
        key = f"webhook {hashlib.sha256(body).hexdigest()[:32]}"
        return Delivery([(id_of(payload, "application_id"), RawEvent(key, told))], status=204)

    def _keys(self) -> list[Ed25519PublicKey]:
        given = str(self._app.config.get("public_key") or "").split()
        try:
            keys = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key in given]
        except ValueError:
            keys = []
        if not keys:
            fix = "Copy it from the Developer Portal, page General Information."
            raise ConfigError("it is missing, or no key", key="public_key", place=_PLACE, fix=fix)
        return keys


def verify(keys: list[Ed25519PublicKey], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises InvalidSignature. Discord calls with wrong signatures on purpose, and gives up who lets one pass."""
    timestamp, signature = headers.get("x-signature-timestamp", ""), headers.get("x-signature-ed25519", "")
    try:
        given = bytes.fromhex(signature)
    except ValueError:
        raise InvalidSignature("x-signature-ed25519 is not hexadecimal") from None
    if not any(_matches(key, given, timestamp.encode() + body) for key in keys):
        raise InvalidSignature("x-signature-ed25519 matches none of the public keys")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        raise InvalidSignature("x-signature-timestamp is not a number of seconds")
    if abs(datetime.fromtimestamp(int(timestamp), UTC) - now) > TOLERANCE:
        raise InvalidSignature("x-signature-timestamp is too far from now: a replay, or this machine's clock is wrong")


def _matches(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except Mismatch:
        return False
    return True


def _interaction(payload: Any) -> Delivery:
    """Commands and buttons are not offered. Only the ids are kept: an interaction brings a token."""
    ids = {"id": id_of(payload, "id"), "type": get(payload, "type")}
    told = json.dumps({"t": "INTERACTION_CREATE", "d": ids}).encode()
    return Delivery([(id_of(payload, "application_id"), RawEvent(f"interaction {ids['id']}", told))])


WEBHOOKS = DiscordWebhooks
