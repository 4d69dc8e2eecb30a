"""Webhooks of an application: one address for all its accounts, `/hooks/x`.

https://docs.x.com/x-api/webhooks/introduction. X signs with the OAuth 2 client secret, and where an application has an
API key secret as well, perhaps with that one too, in another header. A challenge wants the client secret.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import oauth
from connectors.fields import get, id_or_none
from connectors.x.limits import plan_of
from connectors.x.parse import account_of
from engage.errors import InvalidSignature, Malformed
from engage.platform import App, Delivery, RawEvent

HEADERS = ("x-twitter-webhooks-signature-oauth2", "x-twitter-webhooks-signature")


def secrets_of(app: App) -> list[str]:
    """All that X may sign with; the one that answers a challenge first. Raises ConfigError."""
    return [*oauth.client_secret(app).split(), *app.secrets.get("consumer_secret", "").split()]


class XWebhooks:
    """Verifies with any of the application's secrets, so that they can be changed without a gap."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """X asks when a webhook is made, and again and again."""
        token = query.get("crc_token", "")
        if not token:
            return None
        return json.dumps({"response_token": signature(secrets_of(self._app)[0], token.encode("utf-8", "replace"))})

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify the raw bytes. X wants to be answered with 200. Raises InvalidSignature or Malformed."""
        verify(secrets_of(self._app), headers, body)
        payload = _decoded(body)
        account = account_of(payload)
        plan = plan_of(self._app)
        event = RawEvent(key_of(payload, body), marked(payload, plan.rule, now))
        if not account:
            return Delivery([], status=200)
        return Delivery([(account, event)], status=200, charges=plan.charges(str(get(payload, "data", "event_type"))))


def signature(secret: str, signed: bytes) -> str:
    """Of a body, or of a challenge's token."""
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return f"sha256={base64.b64encode(digest).decode()}"


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """X signs no time: a replay is told by the event's id. Raises InvalidSignature."""
    given = [headers[name].encode("utf-8", "replace") for name in HEADERS if headers.get(name)]
    if not given:
        raise InvalidSignature(f"the header {HEADERS[1]} is missing")
    # No early exit: the time it takes does not tell which secret came near.
    matches = [hmac.compare_digest(signature(secret, body).encode(), one) for secret in secrets for one in given]
    if not any(matches):
        raise InvalidSignature(f"{HEADERS[1]} matches none of the application's secrets")


def key_of(payload: Any, body: bytes) -> str:
    """The same whenever X tells an event again, by webhook or over the stream."""
    known = id_or_none(payload, "data", "event_uuid")
    return known or hashlib.sha256(body).hexdigest()


def marked(payload: Any, rule: str, heard_at: datetime) -> bytes:
    """An event with what `parse` must know beside it."""
    return json.dumps({**payload, "engage": {"reply_rule": rule, "heard_at": heard_at.isoformat()}}).encode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(decoded, dict):
        raise Malformed("the body is not an object")
    return decoded


WEBHOOKS = XWebhooks
