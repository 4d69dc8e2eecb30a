"""What the contract test needs to know of Facebook."""

import json
from collections.abc import Sequence
from datetime import datetime

from connectors import meta_webhooks
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App
from tests.connectors.instagram.kit import GRAPH_ERRORS, refusal

OWN = "100000000000001"
FAN = "700000000000001"
POST = "100000000000001_200"
COMMENT = "200_301"
TOKEN = "EAAGa1b2c3d4e5f6a7b8c9d0"
SECRETS = ("1a2b3c4d5e6f708192a3b4c5d6e7f809", "f0e1d2c3b4a5968778695a4b3c2d1e0f")
EXPIRES = False  # Meta signs no time
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends
ERRORS = GRAPH_ERRORS
__all__ = ["refusal"]


def app(secrets: Sequence[str] = SECRETS, base_url: str = "http://127.0.0.1:9") -> App:
    """An application at the platform at `base_url`."""
    return App(
        "facebook",
        {"client_id": "880000000000001", "base_url": base_url},
        {"client_secret": " ".join(secrets), "verify_token": "v3rify-me-e5f6a7b8"},
    )


def account(base_url: str, token: str = TOKEN) -> AccountLink:
    """A Page at the platform at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle="Ada Makes",
        config={"tasks": ["MESSAGING", "MODERATE"]},
        credentials={"access_token": token},
        app=app(base_url=base_url),
    )


def body(delivery: str) -> bytes:
    """A delivery; another one for another name."""
    value = {"item": "comment", "verb": "add", "comment_id": f"200_{delivery}", "post_id": POST, "parent_id": POST}
    value |= {"from": {"id": FAN, "name": "Fan"}, "message": "caf\u00e9?", "created_time": 1763799990}  # type: ignore[dict-item]
    entry = {"id": OWN, "time": 1763800000, "changes": [{"field": "feed", "value": value}]}
    return json.dumps({"object": "page", "entry": [entry]}, indent=1).encode()


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as the platform would send it."""
    return {"x-hub-signature-256": meta_webhooks.sign(secret, body)}


def reply(text: str = "Friday at 8.") -> Outgoing:
    """A reply the connector would send."""
    return Outgoing("o1", "key-1", Surface.COMMENT, f"{POST}:{COMMENT}", COMMENT, FAN, text)


def message(text: str = "Within a week.", conversation: str = f"dm:{FAN}", in_reply_to: str = "m_1") -> Outgoing:
    """A direct message the connector would send."""
    return Outgoing("o2", "key-2", Surface.DM, conversation, in_reply_to, FAN, text)
