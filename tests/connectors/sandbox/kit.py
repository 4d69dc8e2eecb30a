"""What the contract test needs to know of the sandbox."""

from collections.abc import Sequence
from datetime import datetime

from connectors.signatures import sign as standard_sign
from engage.errors import Ambiguous, Refused
from engage.models import Outgoing, Surface
from engage.platform import AccountLink

SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
EXPIRES = True  # a signature is good for a while only
SIGNS_BODY = True
BEFORE = ()  # it reads nothing before it sends
ERRORS = (
    (403, {"error": {"code": "closed_window", "message": "too late"}}, Refused),
    (404, {"error": {"code": "not_found", "message": "gone"}}, Refused),
    (409, {"error": {"code": "key_reused", "message": "other text"}}, Refused),
    (503, {"error": {"code": "unavailable", "message": "later"}}, Ambiguous),
)


def account(base_url: str, secrets: Sequence[str] = SECRETS) -> AccountLink:
    """An account on the network at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id="u_ada",
        handle="ada",
        config={"base_url": base_url},
        credentials={"access_token": "at_a1b2c3d4e5f6a7b8c9", "webhook_secret": " ".join(secrets)},
    )


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, as the platform would send it."""
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": standard_sign(secret, delivery, sent_at, body),
    }


def reply(text: str = "Six weeks.") -> Outgoing:
    """A reply the connector would send."""
    return Outgoing("o1", "key-1", Surface.COMMENT, "p_1:m_2", "m_2", "tom", text)
