"""Douyin calls one address for all the accounts of an application, with two kinds of calls.

Events: `X-Douyin-Signature` is SHA-1 of the application's secret and the body, with no time in it. Comments of a live
room come from a live mini-play (直播小玩法), an application of its own: MD5 of four headers, the body and its secret.
Where that is documented stands in README.md.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.douyin.contents import content_of
from connectors.douyin.names import LIVE_COMMENT
from connectors.douyin.parse import accounts_of
from connectors.douyin.rooms import Room, room_named
from connectors.fields import MISSING, get, id_of
from connectors.oauth import required
from engage.errors import InvalidSignature, Malformed
from engage.platform import App, Delivery, RawEvent

SIGNATURE = "x-douyin-signature"
LIVE_SIGNATURE = "x-signature"
LIVE_HEADERS = ("x-msg-type", "x-nonce-str", "x-roomid", "x-timestamp")  # sorted, as they are signed
TOLERANCE = timedelta(minutes=5)


class DouyinWebhooks:
    """The calls for one application. Each of its secrets may be two while it is changed, with a space between."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Douyin asks by POST."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify the raw bytes. Raises InvalidSignature or Malformed."""
        if LIVE_SIGNATURE in headers and SIGNATURE not in headers:
            return self._live(headers, body, now)
        secrets = required(self._app, "client_secret", self._app.secrets.get("client_secret")).split()
        verify(secrets, headers.get(SIGNATURE, ""), body)
        payload = _decoded(body)
        if get(payload, "event") == "verify_webhook":
            return Delivery(answer=_proof(payload), media_type="application/json")
        # Douyin's own key of a delivery, and of a later one that says the same.
        event = RawEvent(headers.get("msg-id") or hashlib.sha256(body).hexdigest(), body)
        return Delivery([(account, event) for account in accounts_of(payload)])

    def _live(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Comments of a room that nobody named here are nobody's; whoever refuses them is called no more."""
        verify_live(self._app.secrets.get("live_secret", "").split(), headers, body)
        _check_age(headers["x-timestamp"], now)
        rows, room = _decoded(body), room_named(self._app.config, headers["x-roomid"])
        if not isinstance(rows, list):
            raise Malformed("a live push is a list")
        if headers["x-msg-type"] != "live_comment" or room is None:
            return Delivery()
        found = [event for row in rows if (event := _framed(row, headers["x-roomid"], room))]
        if rows and not found:
            raise Malformed("a live push holds no comment with a msg_id")
        return Delivery([(room.open_id, event) for event in found])


def verify(secrets: Sequence[str], given: str, body: bytes) -> None:
    """Check an event against any of `secrets`. Raises InvalidSignature."""
    # No early exit: the time it takes does not tell which secret came near.
    digests = [hashlib.sha1(secret.encode() + body).hexdigest() for secret in secrets]  # noqa: S324 - Douyin's choice
    if not any([hmac.compare_digest(digest.encode(), given.encode()) for digest in digests]):  # noqa: C419
        raise InvalidSignature(f"{SIGNATURE} matches none of the application's secrets")


def verify_live(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Check a live push against any of `secrets`. Raises InvalidSignature."""
    missing = [name for name in (*LIVE_HEADERS, LIVE_SIGNATURE) if not headers.get(name)]
    if missing or not secrets:
        raise InvalidSignature(f"no {missing[0]} in the headers" if missing else "no live_secret is set")
    signed = "&".join(f"{name}={headers[name]}" for name in LIVE_HEADERS).encode() + body
    digests = [base64.b64encode(hashlib.md5(signed + secret.encode()).digest()) for secret in secrets]  # noqa: S324
    given = headers[LIVE_SIGNATURE].encode()
    if not any([hmac.compare_digest(digest, given) for digest in digests]):  # noqa: C419 - no early exit
        raise InvalidSignature(f"{LIVE_SIGNATURE} matches no live_secret")


def _check_age(milliseconds: str, now: datetime) -> None:
    if not (milliseconds.isascii() and milliseconds.isdecimal() and len(milliseconds) <= 14):
        raise InvalidSignature("x-timestamp is no time")
    if abs(now - datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) > TOLERANCE:
        raise InvalidSignature("x-timestamp is five minutes off: a replay, or this machine's clock is wrong")


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Malformed("the delivery is not JSON") from None


def _proof(payload: Any) -> str:
    """The challenge as it came: a number stays a number."""
    challenge = get(content_of(payload), "challenge")
    if challenge is MISSING or isinstance(challenge, dict | list):
        raise Malformed("content.challenge: it is missing")
    return json.dumps({"challenge": challenge})


def _framed(row: Any, room_id: str, room: Room) -> RawEvent | None:
    """One comment of a push, as an event like the others; None where it is none: it must not cost the others."""
    try:
        message_id = id_of(row, "msg_id")
    except Malformed:
        return None
    frame = {"event": LIVE_COMMENT, "to_user_id": room.open_id, "room_id": room_id, "anchor": room.anchor}
    return RawEvent(f"live {message_id}", json.dumps({**frame, "content": row}).encode())


WEBHOOKS = DouyinWebhooks
