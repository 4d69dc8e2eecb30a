"""What the contract test needs to know of YouTube."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink, App
from tests.platforms.youtube import ACCESS, CHANNEL, CLIENT, REFRESH

SECRETS = ("hubsecret-one-4b1d7c2f", "hubsecret-two-9a8e6d5c")
EXPIRES = False  # the hub signs no time
SIGNS_BODY = True
BEFORE = ({"items": [{"kind": "youtube#comment", "id": "Ugx0001"}]},)  # is the comment still there?


def error(status: int, reason: str, word: str = "") -> dict[str, Any]:
    """A refusal in Google's form."""
    told = {"message": f"No: {reason}.", "domain": "youtube", "reason": reason}
    return {
        "error": {"code": status, "message": told["message"], "errors": [told], **({"status": word} if word else {})}
    }


ERRORS = (
    (400, error(400, "commentTextTooLong"), Refused),
    (400, error(400, "commentTextRequired"), Refused),
    (400, error(400, "parentCommentIsPrivate"), Refused),
    (400, error(400, "operationNotSupported"), Refused),
    (400, error(400, "messageTextInvalid"), Refused),
    (400, error(400, "processingFailure"), Unavailable),
    (401, error(401, "authError", "UNAUTHENTICATED"), Unauthorized),
    (403, error(403, "forbidden", "PERMISSION_DENIED"), Refused),
    (403, error(403, "commentsDisabled"), Refused),
    (403, error(403, "ineligibleAccount"), Refused),
    (403, error(403, "liveChatEnded"), Refused),
    (403, error(403, "liveChatDisabled"), Refused),
    (403, error(403, "quotaExceeded"), RateLimited),
    (403, error(403, "rateLimitExceeded"), RateLimited),
    (403, error(403, "insufficientPermissions"), Unauthorized),
    (403, error(403, "authenticatedUserAccountClosed"), Unauthorized),
    (403, error(403, "authenticatedUserAccountSuspended"), Unauthorized),
    (403, error(403, "accessNotConfigured"), Unauthorized),
    (404, error(404, "parentCommentNotFound"), Refused),
    (404, error(404, "liveChatNotFound"), Refused),
    (409, error(409, "SERVICE_UNAVAILABLE", "ABORTED"), Unavailable),
    (409, error(409, "conflict"), Refused),
    (429, error(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"), RateLimited),
    (500, error(500, "backendError"), Ambiguous),
    (503, error(503, "backendError"), Ambiguous),
)


def app(base_url: str = "", **config: str) -> App:
    """A client of a project; its calls go to `base_url`."""
    kept = {"client_id": CLIENT["client_id"], **config} | ({"base_url": base_url} if base_url else {})
    return App("youtube", kept, {"client_secret": CLIENT["client_secret"]})


def account(base_url: str, secrets: Sequence[str] = SECRETS, **config: Any) -> AccountLink:
    """The channel, connected, with every call to `base_url`."""
    tokens = {"access_token": ACCESS, "refresh_token": REFRESH, "webhook_secret": " ".join(secrets)}
    return AccountLink("a1", CHANNEL, "ada", {"base_url": base_url, **config}, tokens, app(base_url))


def body(delivery: str) -> bytes:
    """A feed with one video."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom">
 <title>YouTube video feed</title><updated>2026-11-22T08:00:00.123456789+00:00</updated>
 <entry>
  <id>yt:video:{delivery}</id><yt:videoId>{delivery}</yt:videoId><yt:channelId>{CHANNEL}</yt:channelId>
  <title>Caf\u00e9 &amp; long runs</title>
  <published>2026-11-22T07:59:00+00:00</published><updated>2026-11-22T08:00:00.123456789+00:00</updated>
 </entry>
</feed>""".encode()


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The header of a delivery, as the hub would send it."""
    return {"x-hub-signature": f"sha1={hmac.new(secret.encode(), body, 'sha1').hexdigest()}"}


def reply(text: str = "Six weeks.", **other: Any) -> Outgoing:
    """A reply to a first comment."""
    said = {
        "id": "o1",
        "idempotency_key": "key-1",
        "surface": Surface.COMMENT,
        "conversation_id": "thread:Ugx0001",
        "in_reply_to": "Ugx0001",
        "follower_id": "UCtom",
        "text": text,
        "follower_name": "@tom",
        "first_sent_at": datetime.now(UTC),
    }
    return Outgoing(**(said | other))


def chat_reply(text: str = "Six weeks.", **other: Any) -> Outgoing:
    """A reply in the live chat."""
    there = {"surface": Surface.LIVE, "conversation_id": "chat:chat1", "in_reply_to": "LCC.chat1.1"}
    return reply(text, **(there | other))
