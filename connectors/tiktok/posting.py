"""Posting a reply, and looking whether it is there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.fields import epoch, id_of, items, mapping, text
from connectors.tiktok import calls
from connectors.tiktok.names import comment_name, parts_of
from connectors.tiktok.pages import Pages
from engage.errors import Ambiguous, EngageError, Malformed, Unauthorized
from engage.models import Outgoing, Receipt, Surface
from engage.platform import Found, ReadBack

MOST_PAGES = 10  # of a thread that is looked through
CLOCKS = timedelta(minutes=2)  # how far TikTok's clock may be behind ours
LISTED = 20  # messages of a conversation, the most TikTok gives


async def comment(http: httpx.AsyncClient, business_id: str, reply: Outgoing) -> Receipt:
    """Under the first comment of the thread: whether a reply may be answered itself is nowhere said."""
    video_id, root = parts_of(reply.conversation_id)
    asked = {"business_id": business_id, "video_id": video_id, "comment_id": root, "text": reply.text}
    data = await calls.post(http, "/business/comment/reply/create/", asked)
    try:
        return _receipt(video_id, data)
    except Malformed as error:
        raise Ambiguous(f"TikTok accepted the reply, but its receipt is unreadable ({error})") from None


async def message(http: httpx.AsyncClient, business_id: str, reply: Outgoing) -> Receipt:
    """Into the conversation of the follower, which they began."""
    asked = {
        "business_id": business_id,
        "recipient_type": "CONVERSATION",
        "recipient": reply.conversation_id,
        "message_type": "TEXT",
        "text": {"body": reply.text},
    }
    data = await calls.post(http, "/business/message/send/", asked)
    try:
        return Receipt(id_of(mapping(data, "message"), "message_id"), datetime.now(UTC))
    except Malformed as error:
        raise Ambiguous(f"TikTok accepted the message, but its receipt is unreadable ({error})") from None


async def find(http: httpx.AsyncClient, business_id: str, reply: Outgoing) -> ReadBack:
    """Whether the account posted `reply` since its first attempt. Raises Unauthorized."""
    since = (reply.first_sent_at or datetime.now(UTC) - timedelta(days=1)) - CLOCKS
    look = _in_thread if reply.surface is Surface.COMMENT else _in_conversation
    try:
        return await look(http, business_id, reply, since)
    except Unauthorized:
        raise
    except EngageError:
        return ReadBack(Found.UNREADABLE)


async def _in_thread(http: httpx.AsyncClient, business_id: str, reply: Outgoing, since: datetime) -> ReadBack:
    pages, at, withheld = Pages(http, business_id), 0, False
    video_id, root = parts_of(reply.conversation_id)
    for _ in range(MOST_PAGES):
        page = await pages.own_replies(video_id, root, at)
        for row in page.rows:
            found = _receipt(video_id, row)
            if found.sent_at >= since and _same(text(row, "text", empty=True), reply.text):
                return ReadBack(Found.FOUND, found)
        withheld = withheld or page.withheld  # what looks like spam may be withheld: ours too
        if page.reaches(since):
            return ReadBack(Found.UNREADABLE if withheld else Found.ABSENT)
        at = page.next
    return ReadBack(Found.UNREADABLE)


async def _in_conversation(http: httpx.AsyncClient, business_id: str, reply: Outgoing, since: datetime) -> ReadBack:
    asked = {"business_id": business_id, "conversation_id": reply.conversation_id}
    rows = items(await calls.get(http, "/business/message/content/list/", asked), "messages")
    for row in rows:
        if _is_reply(row, reply.text, since):
            return ReadBack(Found.FOUND, Receipt(id_of(row, "message_id"), _said_at(row)))
    whole = len(rows) < LISTED or min(map(_said_at, rows)) < since
    return ReadBack(Found.ABSENT if whole else Found.UNREADABLE)


def _is_reply(row: Any, said: str, since: datetime) -> bool:
    ours = text(row, "from_user", "role").lower() == "business_account" and _said_at(row) >= since
    return ours and text(row, "message_type").upper() == "TEXT" and _same(text(row, "text", "body", empty=True), said)


def _said_at(row: Any) -> datetime:
    return epoch(row, "timestamp", per_second=1000)


def _receipt(video_id: str, row: Any) -> Receipt:
    return Receipt(comment_name(video_id, id_of(row, "comment_id")), epoch(row, "create_time"))


def _same(found: str, said: str) -> bool:
    """Platforms trim what is posted."""
    return " ".join(found.split()) == " ".join(said.split())
