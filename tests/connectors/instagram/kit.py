"""What the contract test needs to know of Instagram."""

import json
from collections.abc import Sequence
from datetime import datetime

from connectors import meta_webhooks
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App

OWN = "17841400000000001"
FAN = "900000000000001"
POST = "17900000000000001"
COMMENT = "17870000000000001"
TOKEN = "IGAAa1b2c3d4e5f6a7b8c9d0"
SECRETS = ("5f2b8c1d9e0a47736b1c2d3e4f5a6b7c", "a7c3e91b02d84f6f8d1e2c3b4a596871")
EXPIRES = False  # Meta signs no time
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends


def refusal(code: int, subcode: int = 0, **more: object) -> dict[str, object]:
    """An error as the Graph API writes it."""
    told = {"message": "No.", "type": "OAuthException", "code": code, "fbtrace_id": "A1", **more}
    return {"error": {**told, **({"error_subcode": subcode} if subcode else {})}}


# What a send is answered; Facebook and Threads share it.
GRAPH_ERRORS = (
    (400, refusal(190), Unauthorized),
    (400, refusal(190, 458), Unauthorized),
    (400, refusal(190, 459), Unauthorized),
    (401, refusal(190, 460), Unauthorized),
    (401, refusal(190, 463), Unauthorized),
    (400, refusal(102), Unauthorized),
    (403, refusal(10), Unauthorized),
    (403, refusal(200), Unauthorized),
    (400, refusal(3), Unauthorized),
    (403, refusal(10, 1893063), Unauthorized),
    (403, refusal(10, 2534022), Refused),
    (403, refusal(10, 2018278), Refused),
    (403, refusal(10, 2018065), Refused),
    (403, refusal(10, 2018300), Refused),
    (403, refusal(200, 1545041), Refused),
    (403, refusal(200, 2018108), Refused),
    (403, refusal(200, 2018028), Refused),
    (403, refusal(200, 2534041), Refused),
    (400, refusal(210), Refused),
    (400, refusal(551), Refused),
    (400, refusal(506), Refused),
    (400, refusal(100, 33), Refused),
    (400, refusal(100, 2018001), Refused),
    (404, refusal(803), Refused),
    (409, {"error": {"message": "Conflict"}}, Refused),
    (403, "no JSON", Refused),
    (400, refusal(4), RateLimited),
    (400, refusal(17), RateLimited),
    (400, refusal(32), RateLimited),
    (400, refusal(341), RateLimited),
    (400, refusal(368), RateLimited),
    (400, refusal(613), RateLimited),
    (400, refusal(80001), RateLimited),
    (403, refusal(80002), RateLimited),
    (400, refusal(80006), RateLimited),
    (500, refusal(1), Ambiguous),
    (400, refusal(2), Ambiguous),
    (400, refusal(9999, is_transient=True), Ambiguous),
    (503, "", Ambiguous),
)
ERRORS = GRAPH_ERRORS


def app(secrets: Sequence[str] = SECRETS, base_url: str = "http://127.0.0.1:9") -> App:
    """An application at the platform at `base_url`."""
    return App(
        "instagram",
        {"client_id": "990000000000001", "base_url": base_url},
        {"client_secret": " ".join(secrets), "verify_token": "v3rify-me-a1b2c3d4"},
    )


def account(base_url: str, token: str = TOKEN) -> AccountLink:
    """An account at the platform at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=OWN,
        handle="ada.makes",
        config={"permissions": ["instagram_business_basic", "instagram_business_manage_comments"]},
        credentials={"access_token": token},
        app=app(base_url=base_url),
    )


def body(delivery: str) -> bytes:
    """A delivery; another one for another name."""
    value = {"id": delivery, "from": {"id": FAN, "username": "fan_1"}, "text": "caf\u00e9?", "media": {"id": POST}}
    entry = {"id": OWN, "time": 1763800000, "changes": [{"field": "comments", "value": value}]}
    return json.dumps({"object": "instagram", "entry": [entry]}, indent=1).encode()


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as the platform would send it."""
    return {"x-hub-signature-256": meta_webhooks.sign(secret, body)}


def reply(text: str = "Six weeks.") -> Outgoing:
    """A reply the connector would send."""
    return Outgoing("o1", "key-1", Surface.COMMENT, f"{POST}:{COMMENT}", COMMENT, FAN, text)


def message(text: str = "Within a week.", conversation: str = f"dm:{FAN}", in_reply_to: str = "aWdf_1") -> Outgoing:
    """A direct message the connector would send."""
    return Outgoing("o2", "key-2", Surface.DM, conversation, in_reply_to, FAN, text)
