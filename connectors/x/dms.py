"""Direct messages: writing one, and finding it again in the conversation."""

from datetime import datetime
from typing import Any

from connectors.fields import get, id_of, items, text, text_or_none, time
from connectors.x import posts
from connectors.x.calls import Calls, now, quiet_until
from connectors.x.parse import DM
from connectors.x.replies import ABSENT, SKEW, UNREADABLE
from engage.errors import Ambiguous, Malformed, RateLimited, Refused, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

NEWEST = "10"  # each costs a cent to read
_LONG_AGO = datetime.fromisoformat("2006-03-21T00:00:00+00:00")  # before X


def _with(reply: Outgoing) -> str:
    return f"/2/dm_conversations/with/{reply.conversation_id.removeprefix(DM)}"


async def post(calls: Calls, reply: Outgoing) -> Receipt:
    """Raises what a send raises."""
    answer = await calls.write(f"{_with(reply)}/messages", {"text": reply.text})
    try:
        return Receipt(DM + text(answer.json(), "data", "dm_event_id"), now(), quiet_until(answer, now()))
    except (ValueError, Malformed):
        raise Ambiguous("X accepted the message, but its receipt is unreadable") from None


async def find(calls: Calls, account_id: str, reply: Outgoing) -> ReadBack:
    """Look through the newest messages; their silence proves something only if they reach back far enough."""
    query = {
        "max_results": NEWEST,
        "event_types": "MessageCreate",
        "dm_event.fields": "created_at,entities,event_type,id,text",
        "expansions": "sender_id",
    }
    first = (reply.first_sent_at or _LONG_AGO) - SKEW
    try:
        said = await calls.ask("GET", f"{_with(reply)}/dm_events", query=query)
        rows = items(said, "data")
        for row in rows:
            if _is_it(row, account_id, reply) and time(row, "created_at") >= first:
                return ReadBack(Found.FOUND, Receipt(DM + id_of(row, "id"), time(row, "created_at")))
        whole = not isinstance(get(said, "meta", "next_token"), str)
        return ABSENT if whole or any(time(row, "created_at") < first for row in rows) else UNREADABLE
    except (RateLimited, Unavailable, Refused, Malformed):
        return UNREADABLE


def _is_it(row: Any, account_id: str, reply: Outgoing) -> bool:
    words = posts.plain(text_or_none(row, "text") or "", items(row, "entities", "urls"))
    return get(row, "sender_id") == account_id and posts.same(words, reply.text)


async def delete(calls: Calls, receipt_id: str) -> None:
    """Take a message back; the second time is no error."""
    await calls.delete(f"/2/dm_events/{receipt_id.removeprefix(DM)}")
