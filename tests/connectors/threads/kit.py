"""What the contract test needs to know of Threads."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors import meta_webhooks
from engage.errors import Ambiguous
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App
from tests.connectors.instagram.kit import GRAPH_ERRORS, refusal

OWN = "17841400000000007"
HANDLE = "ada.makes"
FAN = "fan_1"
ROOT = "18050000000000001"
REPLY = "18050000000000002"
TOKEN = "THAAa1b2c3d4e5f6a7b8c9d0"
SECRETS = ("8d1f0c5b2e9a47736b1c2d3e4f5a6b7c", "b6d4e91b02d84f6f8d1e2c3b4a596872")
EXPIRES = False  # Meta signs no time
SIGNS_BODY = True
# The first step of a reply, and whether it is ready: nobody sees anything of it yet.
BEFORE = ({"id": "17900000000000009"}, {"id": "17900000000000009", "status": "FINISHED"})
ERRORS = (*GRAPH_ERRORS, (400, refusal(24, 4279009), Ambiguous))


def app(secrets: Sequence[str] = SECRETS, base_url: str = "http://127.0.0.1:9") -> App:
    """An application at the platform at `base_url`."""
    return App(
        "threads",
        {"client_id": "990000000000007", "base_url": base_url},
        {"client_secret": " ".join(secrets), "verify_token": "v3rify-me-e5f6a7b8"},
    )


def account(base_url: str, token: str = TOKEN) -> AccountLink:
    """An account at the platform at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle=HANDLE,
        credentials={"access_token": token},
        app=app(base_url=base_url),
    )


def told(field: str, value: dict[str, Any], target: str = REPLY) -> dict[str, Any]:
    """A delivery, as Threads writes it."""
    topic = "moderate" if field in ("replies", "delete") else "interaction"
    head = {"app_id": "990000000000007", "topic": topic, "target_id": target, "time": 1763800000}
    return {**head, "subscription_id": "234567", "has_uid_field": False, "values": {"field": field, "value": value}}


def body(delivery: str) -> bytes:
    """A delivery; another one for another name."""
    root = {"id": ROOT, "owner_id": OWN, "username": HANDLE}
    value = {"id": delivery, "username": FAN, "text": "café?", "replied_to": {"id": ROOT}, "root_post": root}
    return json.dumps(told("replies", {**value, "timestamp": "2026-11-22T07:59:00+0000"}), indent=1).encode()


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as the platform would send it."""
    return {"x-hub-signature-256": meta_webhooks.sign(secret, body)}


def reply(text: str = "Six weeks.") -> Outgoing:
    """A reply the connector would send."""
    return Outgoing("o1", "key-1", Surface.COMMENT, f"{ROOT}:{FAN}", REPLY, f"@{FAN}", text)
