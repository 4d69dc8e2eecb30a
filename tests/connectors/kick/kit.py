"""What the contract test needs to know of Kick. A secret here is the name of a throwaway key."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

CHANNEL, FOLLOWER, BOT = "123456789", "987654321", "555000111"
NAMES = {CHANNEL: "creator", BOT: "TillyBot"}
SECRETS = ("throwaway-key-one", "throwaway-key-two")
EXPIRES = True
SIGNS_BODY = True
BEFORE = ()


def _said(message: str) -> dict[str, Any]:
    return {"data": {}, "message": message}


ERRORS = (
    (200, {"data": {"is_sent": False, "message_id": ""}, "message": "OK"}, Refused),
    (200, {"data": {"is_sent": True}, "message": "OK"}, Ambiguous),
    (200, {"data": [], "message": "OK"}, Ambiguous),
    (400, _said("Invalid request"), Refused),
    (400, {"data": "Channel not found", "message": "Bad request"}, Refused),
    (400, _said("daily message quota exceeded"), RateLimited),
    (401, _said("Unauthorized"), Unauthorized),
    (403, _said("Forbidden"), Refused),
    (403, {"error": "Request blocked by security policy.", "reference": "af0f6626"}, Unavailable),
    (404, _said("Not found"), Refused),
    (409, _said("Conflict"), Refused),
    (429, _said("Too many requests"), RateLimited),
    (500, "", Ambiguous),
    (503, "", Ambiguous),
)


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """A key for each name, as long as this process lives."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(name: str) -> str:
    return key_of(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def app(base_url: str = "", **config: Any) -> App:
    """An application that knows both keys, written the way a form leaves them: in one line."""
    place = {"base_url": base_url} if base_url else {}
    keys = " ".join(public_pem(name) for name in SECRETS).replace("\n", " ")
    known = {"client_id": "01KICKAPP", "public_key": keys, "bot": BOT, **place, **config}
    return App("kick", known, {"client_secret": "appsecret0123456789abcdef"})


def account(base_url: str, application: App | None = None, **config: Any) -> AccountLink:
    return AccountLink(
        id="a1",
        platform_user_id=CHANNEL,
        handle="creator",
        config={"base_url": base_url, "type": "bot", **config},
        credentials={"access_token": "user0123456789abcdefghij", "refresh_token": "refresh0123456789abcdefghij"},
        app=application or app(),
    )


def reply(text: str = "Six weeks.") -> Outgoing:
    return Outgoing(
        "o1", "key-1", Surface.LIVE, f"chat:{CHANNEL}", "01JMESSAGE", FOLLOWER, text, follower_name="viewer"
    )


def line(message_id: str, text: str = "hello", sender: str = FOLLOWER, **more: Any) -> dict[str, Any]:
    """A line of chat as Kick tells it."""
    return {
        "message_id": message_id,
        "broadcaster": {
            "is_anonymous": False,
            "user_id": int(CHANNEL),
            "username": "creator",
            "channel_slug": "creator",
        },
        "sender": {
            "is_anonymous": False,
            "user_id": int(sender),
            "username": NAMES.get(sender, f"u{sender[:3]}"),
            "channel_slug": NAMES.get(sender, f"u{sender[:3]}").lower(),
            "identity": {"badges": []},
        },
        "content": text,
        "emotes": [],
        "created_at": "2026-11-26T12:00:00Z",
        **more,
    }


def ban(user_id: str) -> dict[str, Any]:
    """A moderator banned somebody, as Kick tells it."""
    told = line("")
    person = {**told["sender"], "user_id": int(user_id), "identity": None}
    metadata = {"reason": "", "created_at": "2026-11-26T12:00:00Z", "expires_at": None}
    return {"broadcaster": told["broadcaster"], "moderator": person, "banned_user": person, "metadata": metadata}


def body(delivery: str) -> bytes:
    return json.dumps(line(f"m {delivery}"), indent=1).encode()


def sign(
    secret: str, delivery: str, sent_at: datetime, body: bytes, kind: str = "chat.message.sent"
) -> Mapping[str, str]:
    """The headers of a delivery, as Kick would send it."""
    stamp = sent_at.isoformat()
    signature = key_of(secret).sign(f"{delivery}.{stamp}.".encode() + body, PKCS1v15(), SHA256())
    return {
        "kick-event-message-id": delivery,
        "kick-event-message-timestamp": stamp,
        "kick-event-signature": base64.b64encode(signature).decode(),
        "kick-event-type": kind,
        "kick-event-version": "1",
    }
