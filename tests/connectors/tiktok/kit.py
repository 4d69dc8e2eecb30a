"""What the contract test needs to know of TikTok."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

SECRETS = ("new-secret-a1b2c3d4e5f6", "old-secret-f6e5d4c3b2a1")
EXPIRES = True
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends
OWN = "biz-open-id"
TOKEN = "act.a1b2c3d4e5f6a7b8c9d0"
VIDEO = "7200000000000000001"
COMMENT = "7300000000000000001"
SCOPES = (
    "user.info.basic user.info.username user.account.type video.list comment.list comment.list.manage "
    "message.list.read message.list.send message.list.manage"
).split()


def said(code: Any, message: str = "", data: Any = None) -> dict[str, Any]:
    """An answer in TikTok's envelope."""
    return {"code": code, "message": message, "request_id": "r1", "data": {} if data is None else data}


ERRORS = (
    (403, said(40001, "No permission to operate"), Refused),
    (404, said(40007, "The comment does not exist"), Refused),
    (409, said(40002, "text: duplicated"), Refused),
    (403, "", Refused),
    (404, "no such page", Refused),
    (200, said(40001, "No permission to operate"), Refused),
    (200, said(40002, "video_id: Invalid value"), Refused),
    (200, said(40007, "The comment does not exist"), Refused),
    (200, said(40064, "The message is blocked by the rules for direct messages"), Refused),
    (200, said(40064, "You are sending messages too fast. Take a rest."), RateLimited),
    (200, said(40100, "Too many requests"), RateLimited),
    (200, said(40102, "Access token is expired"), Unauthorized),
    (200, said(40105, f"Access token {TOKEN} is incorrect or has been revoked"), Unauthorized),
    (401, said(40105, "Access token is incorrect or has been revoked"), Unauthorized),
    (200, said(49999, "a code that nobody has heard of"), Refused),
    (200, said(51065, "System error"), Ambiguous),
    (200, said(60001, "a code that nobody has heard of"), Ambiguous),
    (200, said("0"), Ambiguous),
    (200, {"message": "OK"}, Ambiguous),
    (200, said(0, "OK", {"comment_id": "7300000000000000009"}), Ambiguous),
    (200, {"code": 0, "message": "OK"}, Ambiguous),
    (500, said(51065, "System error"), Ambiguous),
    (503, "", Ambiguous),
)


def app(**config: Any) -> App:
    """The application, in the middle of a change of its secret."""
    known = {"client_id": "7000000000000000000", "messaging": "yes", **config}
    return App("tiktok", known, {"client_secret": " ".join(SECRETS)})


def account(base_url: str, secrets: Sequence[str] = SECRETS, **config: Any) -> AccountLink:
    """A Business Account in Brazil, whose calls go to `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle="creator",
        config={"base_url": base_url, "region": "BR", "scopes": SCOPES, "business": True, **config},
        credentials={"access_token": TOKEN, "refresh_token": "rft.0f1e2d3c4b5a69788796"},
        app=app(),
    )


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as TikTok would send it."""
    at = str(int(sent_at.timestamp()))
    signature = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"tiktok-signature": f"t={at},s={signature}"}


def body(delivery: str) -> bytes:
    """A delivery; another one for another name."""
    content = {"conversation_id": "c+1==", "message_id": delivery, "text": {"body": "caf\u00e9"}}
    envelope = {"client_key": "7000000000000000000", "event": "im_receive_msg", "create_time": 1795334400}
    return json.dumps({**envelope, "user_openid": OWN, "content": json.dumps(content)}).encode()


def reply(text: str = "In Sintra.", **changes: Any) -> Outgoing:
    """A reply to a comment."""
    name = f"{VIDEO}:{COMMENT}"
    given = {
        "surface": Surface.COMMENT,
        "conversation_id": name,
        "in_reply_to": name,
        "follower_id": "+ABc1",
        **changes,
    }
    return Outgoing(id="o1", idempotency_key="key-1", text=text, **given)


def message(text: str = "In Sintra.", **changes: Any) -> Outgoing:
    """A reply to a direct message."""
    given = {"surface": Surface.DM, "conversation_id": "c+1==", "in_reply_to": "m1", "follower_id": "u1"}
    return reply(text, **{**given, **changes})
