"""What the contract test needs to know of Twitch."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from connectors.twitch.tokens import SCOPES, WHISPERS
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

CHANNEL, BOT, FOLLOWER = "1971641", "2914196", "4145994"
SECRETS = ("wh5ecretOfTheYear1", "wh5ecretOfTheYear0")
EXPIRES = True
SIGNS_BODY = True
# The application's token, which is kept from then on.
BEFORE = ({"access_token": "app0123456789abcdefghij", "expires_in": 5011271, "token_type": "bearer"},)
_clients = count(1)


def _dropped(code: str, message: str) -> dict[str, Any]:
    drop = {"code": code, "message": message}
    return {"data": [{"message_id": "", "is_sent": False, "drop_reason": drop}]}


def _said(status: int, error: str, message: str) -> dict[str, Any]:
    return {"error": error, "status": status, "message": message}


ERRORS = (
    (200, _dropped("msg_rejected", "Your message is held for review by AutoMod."), Refused),
    (200, _dropped("msg_duplicate", "Your message is identical to the previous one."), Unavailable),
    (200, _dropped("user_warned", "A moderator has warned you."), Unauthorized),
    (200, _dropped("user_timed_out", "You are timed out from talking in the room."), RateLimited),
    (200, _dropped("channel_settings", "The channel does not let it through."), Refused),
    (200, _dropped("msg_slowmode", "This room is in slow mode."), RateLimited),
    (200, {"data": [{"message_id": "", "is_sent": False, "drop_reason": None}]}, Refused),
    (200, {"data": [{"message_id": "m1"}]}, Ambiguous),
    (200, {"data": []}, Ambiguous),
    (400, _said(400, "Bad Request", "The request's input was not valid. Message cannot be replied to."), Refused),
    (401, _said(401, "Unauthorized", "Missing scope: user:bot"), Unauthorized),
    (401, _said(401, "Unauthorized", "Invalid OAuth token"), Unavailable),
    (403, _said(403, "Forbidden", "The sender is not permitted to send chat messages"), Unauthorized),
    (404, _said(404, "Not Found", "not found"), Refused),
    (409, _said(409, "Conflict", "conflict"), Refused),
    (422, _said(422, "Unprocessable Entity", "The message is too large"), Refused),
    (429, _said(429, "Too Many Requests", "slow down"), RateLimited),
    (500, "", Ambiguous),
    (503, "", Ambiguous),
)


def app(base_url: str = "", secrets: Sequence[str] = SECRETS, **config: Any) -> App:
    """An application. Each is another one, as connectors of one share its token."""
    place = {"base_url": base_url} if base_url else {}
    known = {"client_id": f"client{next(_clients)}", **place, **config}
    return App("twitch", known, {"client_secret": "appsecret0123456789abcdef", "webhook_secret": " ".join(secrets)})


def account(base_url: str, application: App | None = None, **config: Any) -> AccountLink:
    """A channel whose replies a bot account writes."""
    return AccountLink(
        id="a1",
        platform_user_id=CHANNEL,
        handle="streamer",
        config={"base_url": base_url, "scopes": [*SCOPES, WHISPERS], "bot_user_id": BOT, **config},
        credentials={"access_token": "user0123456789abcdefghij", "refresh_token": "refresh0123456789abcdefghij"},
        app=application or app(),
    )


def reply(text: str = "Six weeks.", **more: Any) -> Outgoing:
    """A reply in the chat."""
    made = Outgoing("o1", "key-1", Surface.LIVE, f"chat:{CHANNEL}", "m_2", FOLLOWER, text, follower_name="viewer32")
    return made if not more else Outgoing(**{**_fields(made), **more})


def whisper(text: str = "Six weeks.") -> Outgoing:
    """A reply to a whisper."""
    return reply(text, surface=Surface.DM, conversation_id=f"whisper:{FOLLOWER}", in_reply_to="w_1")


def _fields(made: Outgoing) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Outgoing.__dataclass_fields__}


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes, kind: str = "notification") -> dict[str, str]:
    """The headers of a delivery, as Twitch would send it."""
    sent = sent_at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    signed = delivery.encode() + sent.encode() + body
    return {
        "twitch-eventsub-message-id": delivery,
        "twitch-eventsub-message-timestamp": sent,
        "twitch-eventsub-message-type": kind,
        "twitch-eventsub-message-signature": f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}",
    }


def chat(message_id: str = "m_2", text: str = "How long did you wait?", **event: Any) -> dict[str, Any]:
    """What EventSub says of a line of chat."""
    said: Mapping[str, Any] = {
        "broadcaster_user_id": CHANNEL,
        "broadcaster_user_login": "streamer",
        "broadcaster_user_name": "Streamer",
        "chatter_user_id": FOLLOWER,
        "chatter_user_login": "viewer32",
        "chatter_user_name": "Viewer32",
        "message_id": message_id,
        "message": {"text": text, "fragments": [{"type": "text", "text": text}]},
        "badges": [],
        "message_type": "text",
        "reply": None,
        "source_broadcaster_user_id": None,
        "source_message_id": None,
    }
    return {**said, **event}


def subscription(kind: str = "channel.chat.message", **condition: str) -> dict[str, Any]:
    return {
        "id": "s_1",
        "status": "enabled",
        "type": kind,
        "version": "1",
        "condition": condition or {"broadcaster_user_id": CHANNEL, "user_id": BOT},
        "transport": {"method": "webhook", "callback": "https://engage.example/hooks/twitch"},
        "created_at": "2026-11-01T00:00:00Z",
        "cost": 0,
    }


def body(delivery: str) -> bytes:
    """A webhook's body that names its account."""
    return json.dumps({"subscription": subscription(), "event": chat(f"m_{delivery}", "café")}, indent=1).encode()
