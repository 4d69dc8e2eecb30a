"""What the contract test needs to know of Bluesky."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.bluesky.xrpc import NotOpened
from engage.errors import Ambiguous, Refused, Unauthorized
from engage.models import Outgoing, Surface
from engage.platform import AccountLink

ME, ANN = "did:plc:avatar", "did:plc:ann"
FIRST = datetime(2026, 11, 22, 8, 0, 5, 250_000, tzinfo=UTC)
ROOT = f"at://{ME}/app.bsky.feed.post/3kroot2222222"
ASKED = f"at://{ANN}/app.bsky.feed.post/3kasked222222"
PARENT: dict[str, Any] = {
    "uri": ASKED,
    "cid": "bafyreiasked",
    "author": {"did": ANN, "handle": "ann.example.com", "displayName": "Ann"},
    "record": {
        "$type": "app.bsky.feed.post",
        "text": "How long did you wait?",
        "createdAt": "2026-11-22T08:00:00.000Z",
        "reply": {"root": {"uri": ROOT, "cid": "bafyreiroot"}, "parent": {"uri": ROOT, "cid": "bafyreiroot"}},
    },
    "indexedAt": "2026-11-22T08:00:01.000Z",
    "viewer": {"threadMuted": False},
}
BEFORE = ({"posts": [PARENT]},)  # the parent is looked at before a reply is sent
DELIVERS_NOTHING = True  # its address serves a document and takes nothing, see test_oauth.py
ERRORS = (
    (400, {"error": "InvalidRequest", "message": "Invalid app.bsky.feed.post record"}, Refused),
    (400, {"error": "InvalidSwap", "message": "Record was at bafyreiother"}, Ambiguous),
    (400, {"error": "ExpiredToken", "message": "Token has expired"}, Unauthorized),
    (400, {"error": "InvalidToken", "message": "Token could not be verified"}, Unauthorized),
    (400, {"error": "InvalidToken", "message": "Bad token method"}, NotOpened),
    (400, {"error": "AccountTakedown", "message": "Account has been taken down"}, Unauthorized),
    (400, {"error": "AccountDeactivated", "message": "Account is deactivated"}, Unauthorized),
    (401, {"error": "AuthMissing", "message": "Authentication Required"}, Unauthorized),
    (403, {"error": "Forbidden", "message": "not here"}, Refused),
    (404, {"error": "XRPCNotSupported", "message": "not here"}, Refused),
    (409, {"error": "Conflict", "message": "not now"}, Refused),
    (413, {"error": "PayloadTooLarge", "message": "request entity too large"}, Refused),
    (502, {"error": "UpstreamFailure", "message": "later"}, Ambiguous),
    (503, {"error": "NotEnoughResources", "message": "later"}, Ambiguous),
    (500, {"error": "InternalServerError", "message": "later"}, Ambiguous),
)


def account(base_url: str, config: Mapping[str, Any] | None = None, **credentials: str) -> AccountLink:
    """An account on the server at `base_url`."""
    tokens = {"access_jwt": "access-a1b2c3d4e5f6a7b8c9", "refresh_jwt": "refresh-a1b2c3d4e5f6a7b8c9"}
    return AccountLink(
        id="a1",
        platform_user_id=ME,
        handle="avatar.example.com",
        config={"base_url": base_url, "poll_s": 0, **(config or {})},
        credentials={**tokens, **credentials},
    )


def reply(text: str = "Six weeks.") -> Outgoing:
    """A reply in public that the connector would send."""
    where = f"{ROOT}|{ANN}"
    return Outgoing("o1", "key-1", Surface.COMMENT, where, ASKED, ANN, text, first_sent_at=FIRST, follower_name="Ann")


def message(text: str = "Six weeks.", convo: str = "3kconvo", asked: str = "3kmessage") -> Outgoing:
    """A direct message that the connector would send."""
    return Outgoing("o2", "key-2", Surface.DM, f"dm:{convo}", asked, ANN, text, first_sent_at=FIRST)
