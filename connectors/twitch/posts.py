"""What is said to Twitch to post a reply, and what its answer means. Pure."""

from datetime import timedelta
from typing import Any

from connectors.fields import get, items, text, text_or_none, yes
from connectors.twitch.parse import CHAT
from engage.errors import EngageError, Malformed, RateLimited, Refused
from engage.models import Outgoing

# Of the reasons for which Twitch drops a line these pass by themselves; the others are of this reply.
_TOO_FAST = ("msg_ratelimit", "msg_slowmode")
_SLOWMODE = timedelta(seconds=30)  # slow mode waits 3 to 120 seconds; how long is only told to people


def chat_body(reply: Outgoing, sender_id: str, *, as_app: bool) -> dict[str, Any]:
    """Of Send Chat Message. Only an application may say that a shared chat's other channels do not get it."""
    body: dict[str, Any] = {
        "broadcaster_id": reply.conversation_id.removeprefix(CHAT),
        "sender_id": sender_id,
        "message": reply.text,
    }
    if reply.in_reply_to:
        body["reply_parent_message_id"] = reply.in_reply_to
    return {**body, "for_source_only": True} if as_app else body


def sent_id(answer: Any) -> str:
    """The id of the line that was posted. Raises what its being dropped means, or Malformed."""
    first = next(iter(items(answer, "data")), None)
    if get(first, "is_sent") is False:
        raise dropped(first)
    if not yes(first, "is_sent"):
        raise Malformed("is_sent: expected yes or no")
    return text(first, "message_id")


def dropped(row: Any) -> EngageError:
    """A 200 that says the line was not posted: AutoMod, a setting of the channel, the same text twice."""
    code = text_or_none(row, "drop_reason", "code") or "no reason given"
    why = (text_or_none(row, "drop_reason", "message") or "")[:200]
    said = f"Twitch dropped the message ({code}): {why}".rstrip(": ")
    return RateLimited(said, retry_after=_SLOWMODE) if code in _TOO_FAST else Refused(said)
