"""What clients send, decoded: JSON objects to plain values, or a Refusal that names the field. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.sandbox.network.state import SURFACES, Refusal

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Writing:
    """A follower writes."""

    creator: str
    surface: str
    follower: str
    follower_name: str
    text: str
    post_id: str
    reply_to: str
    is_bot: bool
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answering:
    """An app replies for a creator."""

    surface: str
    conversation_id: str
    in_reply_to: str
    text: str
    automated: bool
    key: str
    private_reply_to: str


def writing(body: Fields) -> Writing:
    """Raises Refusal 422."""
    follower = word(body, "follower")
    return Writing(
        creator=word(body, "creator"),
        surface=_surface(body),
        follower=follower,
        follower_name=optional(body, "follower_name") or follower,
        text=word(body, "text"),
        post_id=optional(body, "post_id"),
        reply_to=optional(body, "reply_to"),
        is_bot=flag(body, "is_bot"),
        sent_at=_time(body, "sent_at"),
    )


def answering(body: Fields) -> Answering:
    """Raises Refusal 422. A private reply needs neither `conversation_id` nor `in_reply_to`."""
    private_reply_to = optional(body, "private_reply_to")
    read = optional if private_reply_to else word
    return Answering(
        surface=_surface(body),
        conversation_id=read(body, "conversation_id"),
        in_reply_to=read(body, "in_reply_to"),
        text=word(body, "text"),
        automated=flag(body, "automated"),
        key=optional(body, "idempotency_key"),
        private_reply_to=private_reply_to,
    )


def word(body: Fields, key: str) -> str:
    """A string that is not blank."""
    value = optional(body, key)
    if not value.strip():
        raise Refusal(422, "malformed", f"{key}: a text is needed.")
    return value


def optional(body: Fields, key: str) -> str:
    """A string, or '' where it is absent or null."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(422, "malformed", f"{key}: expected a text.")
    return value


def flag(body: Fields, key: str) -> bool:
    """A boolean, false where it is absent."""
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise Refusal(422, "malformed", f"{key}: expected true or false.")
    return value


def _surface(body: Fields) -> str:
    value = word(body, "surface")
    if value not in SURFACES:
        raise Refusal(422, "malformed", f"surface: one of {', '.join(SURFACES)}.")
    return value


def _time(body: Fields, key: str) -> datetime | None:
    value = optional(body, key)
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(422, "malformed", f"{key}: expected an ISO 8601 time.") from None
    if parsed.tzinfo is None:
        raise Refusal(422, "malformed", f"{key}: the time needs its offset from UTC.")
    return parsed
