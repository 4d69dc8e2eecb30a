"""What the contract test needs to know of X."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from connectors.x.connect import SCOPES
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

OWN, FOLLOWER, OTHER = "1111111111111111111", "2222222222222222222", "3333333333333333333"
THREAD, ASKED = "2080761390344937796", "2090000000000000001"
BROADCAST = "1mGPaZaAdNqJN"
SECRETS = ("x-client-secret-of-this-year", "x-client-secret-of-last-year")
EXPIRES = False  # X signs no time
SIGNS_BODY = True
BEFORE = ()
_clients = count(1)


def problem(kind: str, title: str, detail: str = "") -> dict[str, str]:
    return {"type": f"https://api.x.com/2/problems/{kind}", "title": title, "detail": detail or title}


NOT_ALLOWED = "Reply to this conversation is not allowed because you have not been mentioned by the author of the post"

ERRORS = (
    (200, {"data": {}}, Ambiguous),
    (201, {"errors": [problem("resource-not-found", "Not Found Error")]}, Ambiguous),
    (400, problem("invalid-request", "Invalid Request", "text: too long"), Refused),
    (401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, Unauthorized),
    (402, problem("credits", "CreditsDepleted", "the account has no credits"), RateLimited),
    (403, {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": NOT_ALLOWED}, Refused),
    (403, {"title": "Forbidden", "type": "about:blank", "detail": "duplicate content"}, Refused),
    (403, problem("not-authorized-for-resource", "Authorization Error"), Refused),
    (403, problem("client-forbidden", "Client Forbidden", "not enrolled"), Unauthorized),
    (403, {"errors": [{"code": 326, "message": "the account is locked"}]}, Unauthorized),
    (404, problem("resource-not-found", "Not Found Error"), Refused),
    (409, {"title": "Conflict", "type": "about:blank"}, Refused),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RateLimited),
    (429, problem("usage-capped", "UsageCapExceeded"), RateLimited),
    (500, "", Ambiguous),
    (503, {"title": "Service Unavailable", "type": "about:blank"}, Ambiguous),
    (504, "", Ambiguous),
)


def app(base_url: str = "", secrets: Sequence[str] = SECRETS, **config: Any) -> App:
    """An application. Each is another one, as accounts of one share its stream."""
    place = {"base_url": base_url} if base_url else {}
    known = {"client_id": f"client{next(_clients)}", **place, **config}
    return App("x", known, {"client_secret": " ".join(secrets), "bearer_token": "AAAA-app-only-bearer-token"})


def account(base_url: str, application: App | None = None, **config: Any) -> AccountLink:
    """A creator's account with everything granted."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle="creator",
        config={"base_url": base_url, "scopes": list(SCOPES), **config},
        credentials={"access_token": "user-token-0123456789", "refresh_token": "refresh-token-0123456789"},
        app=application or app(),
    )


def reply(text: str = "Six weeks.", **more: Any) -> Outgoing:
    """A reply to a post."""
    fields: dict[str, Any] = {
        "id": "o1",
        "idempotency_key": "key-1",
        "surface": Surface.COMMENT,
        "conversation_id": f"post:{THREAD}:{FOLLOWER}",
        "in_reply_to": ASKED,
        "follower_id": FOLLOWER,
        "text": text,
        "follower_name": "OtherUser",
    }
    return Outgoing(**{**fields, **more})


def message(text: str = "Six weeks.", **more: Any) -> Outgoing:
    """A reply to a direct message."""
    place = {"surface": Surface.DM, "conversation_id": f"dm:{FOLLOWER}", "in_reply_to": "dm:2080765901528535096"}
    return reply(text, **{**place, **more})


def line(text: str = "Six weeks.", **more: Any) -> Outgoing:
    """A reply in the chat of a broadcast."""
    asked = f"{BROADCAST}:1795334400000000001"
    place = {"surface": Surface.LIVE, "conversation_id": f"broadcast:{BROADCAST}", "in_reply_to": asked}
    return reply(text, **{**place, **more})


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as X would send it."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"x-twitter-webhooks-signature": f"sha256={base64.b64encode(mac).decode()}"}


def event(kind: str, payload: Any, uuid: str = "3091827364059182736", **data: Any) -> dict[str, Any]:
    """An event of the X Activity API."""
    said = {"event_uuid": uuid, "filter": {"user_id": OWN}, "event_type": kind, "tag": "engage", "payload": payload}
    return {"data": {**said, **data}}


def dm(text: str = "hello!", number: str = "2080765901528535096", sender: str = FOLLOWER) -> dict[str, Any]:
    """What XAA says of a direct message."""
    recipient = OWN if sender != OWN else FOLLOWER
    created = {"target": {"recipient_id": recipient}, "sender_id": sender, "message_data": {"text": text}}
    row = {"type": "message_create", "id": number, "created_timestamp": "1795334400372", "message_create": created}
    names = ((OWN, "Creator"), (FOLLOWER, "OtherUser"))
    users = {one: {"data": {"id": one, "username": name, "name": name}} for one, name in names}
    return {"direct_message_events": [row], "users": users}


def body(delivery: str) -> bytes:
    """A webhook's body; another one for another name."""
    uuid = str(int.from_bytes(hashlib.sha256(delivery.encode()).digest()[:7], "big"))
    return json.dumps(event("dm.received", dm("café", uuid), uuid), indent=1).encode()
