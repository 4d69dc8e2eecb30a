"""Kick's signature: RSA over `id.timestamp.body`, made with a key whose public half everybody may have.

https://github.com/KickEngineering/KickDevDocs/blob/main/events/webhook-security.md
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature as Wrong
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from engage.errors import ConfigError, InvalidSignature

TOLERANCE = timedelta(minutes=10)  # Kick names none
ID, TIME, SIGNATURE, TYPE = (f"kick-event-{name}" for name in ("message-id", "message-timestamp", "signature", "type"))
_BLOCK = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


def keys_in(text: str) -> list[RSAPublicKey]:
    """The keys of a field: PEM blocks one after the other, line ends or not. Raises ConfigError."""
    found = []
    for block in _BLOCK.findall(text):
        try:
            key = load_pem_public_key(_lines(block))
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPublicKey):
            raise _wrong("it holds a block that is no RSA key")
        found.append(key)
    if not found:
        raise _wrong("it is missing")
    return found


def _lines(block: str) -> bytes:
    """With its line ends, which a form may have turned into blanks."""
    body = block.removeprefix("-----BEGIN PUBLIC KEY-----").removesuffix("-----END PUBLIC KEY-----")
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *body.split(), "-----END PUBLIC KEY-----", ""]).encode()


def _wrong(what: str) -> ConfigError:
    fix = "Copy the public key from Kick's documentation with `engage app set kick`."
    return ConfigError(what, key="public_key", place="application of kick", fix=fix)


def verify(keys: Sequence[RSAPublicKey], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Check a delivery and return its id. Raises InvalidSignature."""
    message_id, timestamp, signature = (_header(headers, name) for name in (ID, TIME, SIGNATURE))
    _check_age(timestamp, now)
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSignature(f"{SIGNATURE} is not base64") from None
    signed = f"{message_id}.{timestamp}.".encode() + body
    if not any(_fits(key, given, signed) for key in keys):
        raise InvalidSignature(f"{SIGNATURE} fits none of the public keys")
    return message_id


def _fits(key: RSAPublicKey, given: bytes, signed: bytes) -> bool:
    try:
        key.verify(given, signed, PKCS1v15(), SHA256())
    except Wrong:
        return False
    return True


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise InvalidSignature(f"the header {name} is missing")
    return value


def _check_age(timestamp: str, now: datetime) -> None:
    try:
        sent_at = datetime.fromisoformat(timestamp)
        late = abs(now - sent_at) > TOLERANCE
    except (ValueError, TypeError, OverflowError):
        raise InvalidSignature(f"{TIME} is no time with an offset") from None
    if late:
        raise InvalidSignature(f"{TIME} is too far from now: a replay, or this machine's clock is wrong")
