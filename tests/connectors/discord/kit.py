"""What the contract test needs to know of Discord."""

import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

BOT = "1100000000000000001"
APPLICATION = BOT
CREATOR = "1100000000000000002"
FOLLOWER = "1100000000000000003"
SERVER = "1200000000000000001"
CHANNEL = "1200000000000000002"  # followed
LIVE = "1200000000000000003"
ELSEWHERE = "1200000000000000004"  # not followed
MESSAGE = "1573971296256000000"  # of 2026-11-22T08:00:00Z
TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gd9xYz.cW7hT0k3n-of_A_B0t-that_nobody-has"

SECRETS = ("11" * 32, "2f" * 32)  # the private keys: what Discord signs with
EXPIRES = True
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends
ERRORS = (
    (400, {"code": 50035, "message": "Invalid Form Body", "errors": {"message_reference": {"_errors": []}}}, Refused),
    (400, {"code": 160005, "message": "Thread is locked"}, Refused),
    (400, {"code": 200000, "message": "blocked"}, Refused),
    (401, {"code": 0, "message": "401: Unauthorized"}, Unauthorized),
    (403, {"code": 40001, "message": "Unauthorized"}, Unauthorized),
    (403, {"code": 50001, "message": "Missing Access"}, Refused),
    (403, {"code": 50007, "message": "Cannot send messages to this user"}, Refused),
    (403, {"code": 50013, "message": "Missing Permissions"}, Refused),
    (403, {"code": 50278, "message": "no shared server"}, Refused),
    (403, "<html>error code: 1015</html>", Unavailable),
    (404, {"code": 10003, "message": "Unknown Channel"}, Refused),
    (404, {"code": 10008, "message": "Unknown Message"}, Refused),
    (409, {"code": 0, "message": "conflict"}, Refused),
    (400, {"code": 20016, "message": "slow mode", "retry_after": 4.5}, RateLimited),
    (403, {"code": 20028, "message": "write limit"}, RateLimited),
    (429, {"message": "You are being rate limited.", "retry_after": 1.25, "global": False}, RateLimited),
    (500, {"code": 0, "message": "500"}, Ambiguous),
    (504, "", Ambiguous),
)


def account(base_url: str, **config: Any) -> AccountLink:
    """A bot whose every call goes to `base_url`."""
    places = {"channels": [CHANNEL], "live_channels": [LIVE], "creator_user_ids": [CREATOR]}
    return AccountLink(
        id="a1",
        platform_user_id=BOT,
        handle="ada-avatar",
        config={"base_url": base_url, **places, **config},
        credentials={"bot_token": TOKEN},
    )


def app(base_url: str = "") -> App:
    """The application, whose public key is being changed."""
    keys = " ".join(_key(secret).public_key().public_bytes_raw().hex() for secret in SECRETS)
    config = {"application_id": APPLICATION, "public_key": keys, "creator_user_ids": CREATOR}
    return App("discord", {**config, "base_url": base_url})


def _key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as Discord would send it."""
    timestamp = str(int(sent_at.timestamp()))
    signature = _key(secret).sign(timestamp.encode() + body).hex()
    return {"x-signature-timestamp": timestamp, "x-signature-ed25519": signature}


def body(delivery: str, user_id: str = CREATOR) -> bytes:
    """A webhook event."""
    user = {"id": user_id, "username": delivery, "global_name": "Zo\u00eb"}
    event = {"type": "APPLICATION_DEAUTHORIZED", "timestamp": "2026-11-22T08:00:00.064834", "data": {"user": user}}
    return json.dumps({"version": 1, "application_id": APPLICATION, "type": 1, "event": event}).encode()


def reply(text: str = "Six weeks.", surface: Surface = Surface.COMMENT, to: str = f"{CHANNEL}:{MESSAGE}") -> Outgoing:
    """A reply the connector would send."""
    return Outgoing("o1", "key-1", surface, to.partition(":")[0], to, FOLLOWER, text)
