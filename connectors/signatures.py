"""Signatures of webhooks, always over the raw bytes: a body that was parsed and written again does not verify.

`sign` and `verify` are Standard Webhooks (https://www.standardwebhooks.com, spec 1.0.0): `webhook-signature` holds one
or more `v1,<base64 HMAC-SHA256>` over `id.timestamp.body`, so that both sides can change secrets without a gap.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from engage.errors import ConfigError, InvalidSignature

TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"


def sign(secret: str, message_id: str, sent_at: datetime, body: bytes) -> str:
    """The `v1,…` signature of one delivery. Raises ConfigError where `secret` is not base64."""
    digest = _digest(_key(secret), message_id, str(int(sent_at.timestamp())), body)
    return f"v1,{digest.decode()}"


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Check a delivery against any of `secrets` and return its `webhook-id`.

    `headers` has lower-case names. Raises InvalidSignature, which says what was wrong and never shows a secret.
    """
    message_id = _header(headers, "webhook-id")
    timestamp = _header(headers, "webhook-timestamp")
    given = _candidates(_header(headers, "webhook-signature"))
    _check_age(timestamp, now)
    # No early exit: the time it takes does not tell which secret or which signature came near.
    matches = [
        hmac.compare_digest(_digest(_key(secret), message_id, timestamp, body), candidate)
        for secret in secrets
        for candidate in given
    ]
    if not any(matches):
        raise InvalidSignature("webhook-signature matches none of the configured secrets")
    return message_id


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise InvalidSignature(f"the header {name} is missing")
    return value


def _candidates(header: str) -> list[bytes]:
    """The `v1` signatures of a header; other versions are for other readers."""
    found = [part.removeprefix("v1,").encode() for part in header.split() if part.startswith("v1,")]
    if not found:
        raise InvalidSignature("webhook-signature holds no v1 signature")
    return found


def _check_age(timestamp: str, now: datetime) -> None:
    # isdecimal() also takes other scripts' digits, which int() reads but a signer never writes.
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        raise InvalidSignature("webhook-timestamp is not a number of seconds")
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    if sent_at < now - TOLERANCE:
        raise InvalidSignature("webhook-timestamp is too old: a replay, or this machine's clock is fast")
    if sent_at > now + TOLERANCE:
        raise InvalidSignature("webhook-timestamp is in the future: this machine's clock is slow")


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        fix = "Copy it again from the platform."
        raise ConfigError("it is not base64", key="webhook_secret", place="account credentials", fix=fix) from None


def _digest(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
