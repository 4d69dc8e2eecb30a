"""EventSub by webhook: one address for all accounts of an application, `/hooks/twitch`.

https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.fields import text
from connectors.oauth import required
from connectors.twitch.parse import account_of
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.platform import App, Delivery, RawEvent

TOLERANCE = timedelta(minutes=10)
_PREFIX = "twitch-eventsub-message-"
_HANDSHAKE = "webhook_callback_verification"


def secrets_of(app: App) -> list[str]:
    """The newest first. Raises ConfigError."""
    return required(app, "webhook_secret", app.secrets.get("webhook_secret")).split()


def valid_since(app: App) -> datetime | None:
    """When the newest secret was entered, where an operator said so. Raises ConfigError."""
    value = str(app.config.get("secret_since") or "")
    try:
        since = datetime.fromisoformat(value) if value else None
    except ValueError:
        place, fix = "application of twitch", "Give a time as 2026-11-22T08:00Z, or nothing."
        raise ConfigError(f"{value!r} is no time", key="secret_since", place=place, fix=fix) from None
    return since.astimezone() if since else None


class TwitchWebhooks:
    """Verifies with any of the application's secrets, so that they can be changed without a gap."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Twitch asks by POST."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """A handshake is answered with its challenge; everything else is for the account that it names."""
        verify(secrets_of(self._app), headers, body, now)
        payload = _decoded(body)
        if _header(headers, "type") == _HANDSHAKE:
            return Delivery(answer=text(payload, "challenge"))
        account = account_of(payload)
        return Delivery([(account, _framed(headers, payload))] if account else [])


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """The HMAC stands over id, time and body, one after the other. Raises InvalidSignature."""
    message_id, sent, given = (_header(headers, name) for name in ("id", "timestamp", "signature"))
    _check_age(sent, now)
    signed = message_id.encode() + sent.encode() + body
    # No early exit: the time it takes does not tell which secret came near.
    matches = [hmac.compare_digest(_signature(secret, signed), given.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidSignature(f"{_PREFIX}signature matches none of the configured secrets")


def _signature(secret: str, signed: bytes) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(_PREFIX + name, "")
    if not value:
        raise InvalidSignature(f"the header {_PREFIX}{name} is missing")
    return value


def _check_age(sent: str, now: datetime) -> None:
    try:
        sent_at = datetime.fromisoformat(sent)
    except ValueError:
        raise InvalidSignature(f"{_PREFIX}timestamp is no time") from None
    if sent_at.tzinfo is None or abs(now - sent_at) > TOLERANCE:
        raise InvalidSignature(f"{_PREFIX}timestamp is 10 minutes off: a replay, or this machine's clock is wrong")


def _decoded(body: bytes) -> object:
    try:
        decoded: object = json.loads(body)
    except ValueError:
        raise Malformed("the body is not JSON") from None
    return decoded


def _framed(headers: Mapping[str, str], payload: object) -> RawEvent:
    """The delivery in the frame of the WebSocket: an event of chat has its time only in the header."""
    message_id = _header(headers, "id")
    metadata = {
        "message_id": message_id,
        "message_type": _header(headers, "type"),
        "message_timestamp": _header(headers, "timestamp"),
    }
    return RawEvent(message_id, json.dumps({"metadata": metadata, "payload": payload}).encode())


WEBHOOKS = TwitchWebhooks
