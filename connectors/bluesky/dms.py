"""Direct messages, by the chat service. It keeps no key of ours: what became of one is read in its conversation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.bluesky import records
from connectors.bluesky.limits import MESSAGE_BYTES
from connectors.bluesky.xrpc import CHAT, Calls
from connectors.fields import get, time
from engage.errors import Ambiguous, EngageError, Malformed, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

PREFIX = "dm:"
PAGES = 5
SKEW = timedelta(minutes=5)  # between our clock and the service's


async def send(calls: Calls, reply: Outgoing) -> Receipt:
    """Send the message. A request is accepted first, as a person does by answering it; a group is Refused."""
    records.weigh(reply.text, MESSAGE_BYTES)
    convo_id = reply.conversation_id.removeprefix(PREFIX)
    convo = await conversation(calls, convo_id)
    if is_group(convo):
        raise Refused("it is a group: only conversations of two are answered")
    if convo.get("status") == "request":
        await calls.repeat("chat.bsky.convo.acceptConvo", {"convoId": convo_id}, CHAT)
    message: dict[str, Any] = {"text": reply.text, "replyTo": {"messageId": reply.in_reply_to}}
    if found := records.facets(reply.text):
        message["facets"] = found
    answer = await calls.write("chat.bsky.convo.sendMessage", {"convoId": convo_id, "message": message}, CHAT)
    try:
        return _receipt(answer.json())
    except (ValueError, KeyError, TypeError, Malformed):
        raise Ambiguous("the chat service took the message, but its receipt is unreadable") from None


async def find(calls: Calls, reply: Outgoing) -> ReadBack:
    """Look for the message among the newest of its conversation: by its writer, what it answers, and its text."""
    params: dict[str, Any] = {"convoId": reply.conversation_id.removeprefix(PREFIX), "limit": 100}
    since = (reply.first_sent_at or datetime.now(UTC)) - SKEW
    try:
        for _ in range(PAGES):
            page = await calls.get("chat.bsky.convo.getMessages", params, CHAT)
            rows = page["messages"]
            if same := [row for row in rows if _is_it(row, calls.did, reply, since)]:
                return ReadBack(Found.FOUND, _receipt(same[0]))
            if not page.get("cursor") or any(time(row, "sentAt") < since for row in rows):
                return ReadBack(Found.ABSENT)
            params["cursor"] = page["cursor"]
    except Unauthorized:
        raise
    except (EngageError, KeyError, TypeError):
        return ReadBack(Found.UNREADABLE)
    return ReadBack(Found.UNREADABLE)


async def conversation(calls: Calls, convo_id: str) -> dict[str, Any]:
    """A conversation as the account sees it. Raises what a read raises."""
    found = await calls.get("chat.bsky.convo.getConvo", {"convoId": convo_id}, CHAT)
    if not isinstance(found.get("convo"), dict):
        raise Unavailable("getConvo did not answer with a conversation")
    convo: dict[str, Any] = found["convo"]
    return convo


async def allowed(calls: Calls) -> bool:
    """Whether what was granted opens direct messages. Raises Retryable or Unauthorized."""
    try:
        await calls.get("chat.bsky.convo.listConvos", {"limit": 1}, CHAT)
    except Refused:
        return False
    return True


async def waiting(calls: Calls) -> list[dict[str, Any]]:
    """What nobody has read yet when the account is first looked at, as entries of the log."""
    unread = {"limit": 100, "readState": "unread", "status": "accepted", "kind": "direct"}
    convos = (await calls.get("chat.bsky.convo.listConvos", unread, CHAT)).get("convos") or []
    convos += (await calls.get("chat.bsky.convo.listConvoRequests", {"limit": 100}, CHAT)).get("requests") or []
    return [entry for convo in convos if (entry := _entry(convo))]


def is_group(convo: Any) -> bool:
    """Whether more than two talk there."""
    return str(get(convo, "kind", "$type")).endswith("#groupConvo")


def _entry(convo: Any) -> dict[str, Any] | None:
    match convo:
        case {"id": str(convo_id), "members": list(members), "lastMessage": {"text": str(), "rev": str(rev)}}:
            created = {"$type": "chat.bsky.convo.defs#logCreateMessage", "rev": rev, "convoId": convo_id}
            return {**created, "message": convo["lastMessage"], "relatedProfiles": members, "engage.convo": convo}
    return None


def _is_it(row: Any, did: str, reply: Outgoing, since: datetime) -> bool:
    if (get(row, "sender", "did"), get(row, "text")) != (did, reply.text):
        return False
    return get(row, "replyTo", "id") == reply.in_reply_to and time(row, "sentAt") >= since


def _receipt(row: Any) -> Receipt:
    return Receipt(str(row["id"]), time(row, "sentAt"))
