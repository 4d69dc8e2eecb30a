"""A person took our app away: Meta's deauthorize callback, a form that an app's secret signed. Pure.

A `signed_request` is a signature and a payload, both in base64 for URLs, with a dot between them
(https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.fields import MISSING, epoch, get, id_of, text
from engage.errors import InvalidSignature, Malformed
from engage.models import Event, EventKind
from engage.platform import Delivery, RawEvent

GRANTED_BY = "granted_by"  # in an account's config: the person who granted it, as Meta names them to our app
LATE = timedelta(days=2)  # an older one is nobody's fresh decision
_FORM = "application/x-www-form-urlencoded"
_REVOKED = "engage.revoked"


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a call is a callback and no delivery of a webhook: those are JSON."""
    return headers.get("content-type", "").lower().startswith(_FORM)


def deauthorized(secrets: Sequence[str], body: bytes, now: datetime) -> Delivery:
    """That a person's accounts are no longer ours. Raises InvalidSignature or Malformed."""
    person, issued_at = told(secrets, body)
    if now - issued_at > LATE:
        return Delivery()
    key = f"deauthorized {person} {int(issued_at.timestamp())}"
    raw = RawEvent(key, json.dumps({_REVOKED: {"user_id": person}}).encode())
    return Delivery(people=[(person, raw)])


def told(secrets: Sequence[str], body: bytes) -> tuple[str, datetime]:
    """Whom a callback is about, and when Meta signed it. Raises InvalidSignature or Malformed."""
    said = opened(secrets, parse_qs(body.decode("latin-1")).get("signed_request", [""])[0])
    return id_of(said, "user_id"), epoch(said, "issued_at")


def opened(secrets: Sequence[str], signed: str) -> Any:
    """What a `signed_request` holds. Raises InvalidSignature or Malformed."""
    signature, _, payload = signed.partition(".")
    try:
        given = _bytes(signature)
    except ValueError:
        given = b""
    right = [hmac.digest(secret.encode(), payload.encode(), hashlib.sha256) for secret in secrets]
    matches = [hmac.compare_digest(one, given) for one in right]
    if not any(matches):
        raise InvalidSignature("signed_request matches none of the application's secrets")
    try:
        said = json.loads(_bytes(payload))
    except ValueError:
        raise Malformed("signed_request holds no JSON") from None
    if text(said, "algorithm").upper() != "HMAC-SHA256":
        raise Malformed("signed_request names another algorithm than HMAC-SHA256")
    return said


def _bytes(encoded: str) -> bytes:
    """Base64 for URLs, with its padding or without. Raises ValueError."""
    bare = encoded.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def revoked(payload: Any) -> list[Event]:
    """The event of what `deauthorized` told; none where a payload is something else. Raises Malformed."""
    if get(payload, _REVOKED) is MISSING:
        return []
    id_of(payload, _REVOKED, "user_id")
    return [Event(EventKind.REMOVED, reason="the creator removed the app from their account")]
