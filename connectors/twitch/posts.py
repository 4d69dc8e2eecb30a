"""What is said to Twitch to post a reply, and what its answer means. Pure."""

import re
from datetime import timedelta
from typing import Any

from connectors.fields import get, items, text, text_or_none, yes
from connectors.twitch.lines import line_of
from connectors.twitch.parse import CHAT
from engage.errors import EngageError, Malformed, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing

# Twitch does not document the codes of why it drops a line, and changes them, so the beginnings of their words count
# (https://github.com/twitchdev/issues/issues/962, 2024-06-11).
_WORDS = re.compile(r"(?:^|_)(slow|rate|timed|duplicate|banned|warned|suspended)")
# What passes by itself, and when to try again: how long slow mode (3 to 120 seconds) or a time-out lasts is not told.
_PASSES = {"slow": timedelta(seconds=30), "rate": timedelta(seconds=30), "timed": timedelta(minutes=1)}
# The words of a fixed text may be due to two followers at once; a moderator's are never dropped for that.
_SAME_WORDS = timedelta(seconds=31)
# No line of the account would pass, and a person on Twitch has decided so or must look.
SHUT_OUT = "lift the ban or the warning of whoever writes for the account on Twitch, then connect the account again"


def chat_body(reply: Outgoing, sender_id: str, *, as_app: bool) -> dict[str, Any]:
    """Of Send Chat Message. Only an application may say that a shared chat's other channels do not get it.

    Raises Refused.
    """
    body: dict[str, Any] = {
        "broadcaster_id": reply.conversation_id.removeprefix(CHAT),
        "sender_id": sender_id,
        "message": line_of(reply),
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
    word = _WORDS.search(code)
    if word is None:
        return Refused(said)
    if word[1] == "duplicate":  # of this line only
        return Unavailable(said, retry_after=_SAME_WORDS)
    wait = _PASSES.get(word[1])
    return RateLimited(said, retry_after=wait) if wait else Unauthorized(f"{said}; {SHUT_OUT}")
