"""The chat of a live broadcast of the account's: writing a line, finding it again, removing one."""

from datetime import datetime
from typing import Any

from connectors.fields import epoch, get, id_of, items, text_or_none, yes
from connectors.x import posts
from connectors.x.calls import Calls, now, quiet_until
from connectors.x.parse import CHAT
from connectors.x.replies import ABSENT, SKEW, UNREADABLE
from engage.errors import Ambiguous, Malformed, RateLimited, Refused, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

_LONG_AGO = datetime.fromisoformat("2006-03-21T00:00:00+00:00")  # before X


def _broadcast(reply: Outgoing) -> str:
    return reply.conversation_id.removeprefix(CHAT)


async def post(calls: Calls, reply: Outgoing) -> Receipt:
    """Raises what a send raises. X gives a line no id but its time."""
    broadcast, parent = _broadcast(reply), reply.in_reply_to.rpartition(":")[2]
    body = {"text": reply.text, **({"reply_to": parent} if parent else {})}
    answer = await calls.write(f"/2/broadcasts/{broadcast}/chat", body)
    try:
        said = answer.json()
        if get(said, "data", "success") is False:
            raise Refused("X did not take the line of chat")
        if not yes(said, "data", "success"):
            raise Malformed("data.success: expected yes or no")
        return Receipt(f"{broadcast}:{id_of(said, 'data', 'timestamp')}", now(), quiet_until(answer, now()))
    except (ValueError, Malformed):
        raise Ambiguous("X accepted the line of chat, but its receipt is unreadable") from None


async def find(calls: Calls, account_id: str, reply: Outgoing) -> ReadBack:
    """Look through the newest lines; their silence proves something only if they reach back far enough."""
    query = {
        "max_results": "200",
        "broadcast_chat_message.fields": "created_at_ms,id,reply_to,text",
        "expansions": "author_id",
    }
    first = (reply.first_sent_at or _LONG_AGO) - SKEW
    try:
        said = await calls.ask("GET", f"/2/broadcasts/{_broadcast(reply)}/chat", query=query)
        rows = items(said, "data")
        for row in rows:
            if _is_it(row, account_id, reply) and _written(row) >= first:
                return ReadBack(Found.FOUND, Receipt(f"{_broadcast(reply)}:{id_of(row, 'id')}", _written(row)))
        whole = not isinstance(get(said, "meta", "next_token"), str)
        return ABSENT if whole or any(_written(row) < first for row in rows) else UNREADABLE
    except (RateLimited, Unavailable, Refused, Malformed):  # of a broadcast that is over X may tell nothing more
        return UNREADABLE


def _is_it(row: Any, account_id: str, reply: Outgoing) -> bool:
    parent = reply.in_reply_to.rpartition(":")[2]
    here = get(row, "author_id") == account_id and (text_or_none(row, "reply_to") or "") in ("", parent)
    return here and posts.same(posts.plain(text_or_none(row, "text") or "", ()), reply.text)


def _written(row: Any) -> datetime:
    return epoch(row, "created_at_ms", per_second=1000)


async def remove(calls: Calls, message_id: str) -> None:
    """Remove a line, ours or a follower's, while the broadcast runs; nothing brings it back."""
    broadcast, _, number = message_id.partition(":")
    await calls.delete(f"/2/broadcasts/{broadcast}/chat/{number}")
