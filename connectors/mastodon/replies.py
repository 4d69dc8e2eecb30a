"""A reply as a status: what is sent, and telling it again among what the account wrote. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import id_of, id_or_none, text, text_or_none, time, yes
from connectors.mastodon.content import as_written, calling_nobody
from connectors.mastodon.limits import warning_within
from connectors.mastodon.parse import DIRECT, own_text
from engage.models import Outgoing, Receipt, Surface

# A server keeps a key for an hour after it has posted (https://docs.joinmastodon.org/methods/statuses/#create); clocks
# differ, and a request may take its time.
KEY_HOLDS = timedelta(minutes=50)
# No second attempt comes sooner after the first one.
AGAIN = timedelta(seconds=2)


def may_be_posted(reply: Outgoing, now: datetime) -> bool:
    """Whether an attempt before this one may have posted it."""
    return reply.first_sent_at is not None and now - reply.first_sent_at >= AGAIN


def key_is_over(reply: Outgoing, now: datetime) -> bool:
    """Whether the key of a first attempt may be forgotten by now, so that sending again could post twice."""
    return reply.first_sent_at is not None and now - reply.first_sent_at > KEY_HOLDS


def status_for(reply: Outgoing, parent: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """What is posted under `parent`: as public as that, telling nobody but its author. Raises Malformed."""
    words = f"@{text(parent, 'account', 'acct')} {calling_nobody(reply.text)}"
    visibility = DIRECT if reply.surface is Surface.DM else text(parent, "visibility")
    status: dict[str, Any] = {"status": words, "in_reply_to_id": id_of(parent, "id"), "visibility": visibility}
    if yes(parent, "local_only"):  # servers of some forks of Mastodon: it must not leave the server
        status["local_only"] = True
    if warning := text_or_none(parent, "spoiler_text"):
        status["spoiler_text"] = warning_within(warning, len(words), config)
    if language := text_or_none(parent, "language"):
        status["language"] = language
    return status


def is_reply(status: Any, reply: Outgoing, own: str) -> bool:
    """Whether a status of the account's own is `reply`. One whose parent was deleted no longer says what it answers."""
    answers = id_or_none(status, "in_reply_to_id")
    if answers not in (None, reply.in_reply_to):
        return False
    return own_text(status, own).split() == as_written(reply.text).split()


def written_at(status: Any) -> datetime:
    return time(status, "created_at")


def receipt_of(status: Any, quiet_until: datetime | None = None) -> Receipt:
    """Raises Malformed."""
    return Receipt(id_of(status, "id"), written_at(status), quiet_until)
