"""TikTok calls one address for all the accounts of an application, and signs with the application's secret.

`Tiktok-Signature: t=<seconds>,s=<hex>` is HMAC-SHA256 of `t.body`
(https://developers.tiktok.com/doc/webhooks-verification, read 2026-11-22).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors.fields import id_of
from connectors.oauth import client_secret
from engage.errors import InvalidSignature, Malformed
from engage.platform import App, Delivery, RawEvent

HEADER = "tiktok-signature"
TOLERANCE = timedelta(minutes=5)


class TikTokWebhooks:
    """The calls for one application. Its secret may be two while it is changed, with a space between."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """TikTok asks for no proof of an address."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify the raw bytes. Raises InvalidSignature or Malformed."""
        verify(client_secret(self._app).split(), headers.get(HEADER, ""), body, now)
        try:
            owner = id_of(json.loads(body), "user_openid")
        except ValueError:
            raise Malformed("the delivery is not JSON") from None
        # It has no id of its own; what is sent again is the same bytes.
        return Delivery([(owner, RawEvent(hashlib.sha256(body).hexdigest(), body))])


def verify(secrets: list[str], header: str, body: bytes, now: datetime) -> None:
    """Check a delivery against any of `secrets`. Raises InvalidSignature."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    at, given = parts.get("t", ""), parts.get("s", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= 11 and given):
        raise InvalidSignature(f"the header {HEADER} is missing, or holds no time and signature")
    if abs(now - datetime.fromtimestamp(int(at), UTC)) > TOLERANCE:
        raise InvalidSignature(
            "the signature is too old or from the future: a replay, or this machine's clock is wrong"
        )
    signed = f"{at}.".encode() + body
    # No early exit: the time it takes does not tell which secret came near.
    matches = [hmac.compare_digest(_signature(secret, signed), given.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidSignature(f"{HEADER} matches none of the app's secrets")


def _signature(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


WEBHOOKS = TikTokWebhooks
