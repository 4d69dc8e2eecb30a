"""Posting an answer, looking whether it is there, taking it back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.douyin import calls, pages
from connectors.douyin.names import OVERLAY, sent_message, sent_parts, thread_parts
from connectors.fields import epoch, id_of, text_or_none
from engage.errors import Ambiguous, EngageError, Malformed, Refused, Unauthorized
from engage.models import Outgoing, Receipt, Surface
from engage.platform import Found, ReadBack

MOST_PAGES = 10  # of a thread that is looked through
CLOCKS = timedelta(minutes=2)  # how far Douyin's clock may be behind ours


async def comment(http: httpx.AsyncClient, open_id: str, reply: Outgoing) -> Receipt:
    """Under the first comment of the thread: whether a reply may be answered itself is nowhere said."""
    item_id, root = thread_parts(reply.conversation_id)
    asked = {"item_id": item_id, "comment_id": root, "content": reply.text}
    said = await calls.post(http, "/item/comment/reply/", open_id, asked)
    return Receipt(_id_in(said, "data", "comment_id"), datetime.now(UTC))


async def message(http: httpx.AsyncClient, open_id: str, reply: Outgoing) -> Receipt:
    """An answer to the follower's message, which Douyin takes for about a day after it."""
    asked = {
        "msg_id": reply.in_reply_to,
        "conversation_id": reply.conversation_id,
        "to_user_id": reply.follower_id,
        "scene": "im_reply_msg",
        "content": {"msg_type": 1, "text": {"text": reply.text}},
    }
    said = await calls.post(http, "/im/send/msg/", open_id, asked)
    return Receipt(sent_message(reply.conversation_id, _id_in(said, "msg_id")), datetime.now(UTC))


def overlay(reply: Outgoing) -> Receipt:
    """Nothing is written to Douyin: the answer is shown beside the live picture. Doing it twice is doing it once."""
    return Receipt(OVERLAY + reply.idempotency_key, reply.first_sent_at or datetime.now(UTC))


async def find(http: httpx.AsyncClient, open_id: str, reply: Outgoing) -> ReadBack:
    """Whether `reply` is there. Direct messages can be read nowhere: their echo settles them. Raises Unauthorized."""
    if reply.surface is Surface.LIVE:
        return ReadBack(Found.FOUND, overlay(reply))
    if reply.surface is Surface.DM:
        return ReadBack(Found.UNREADABLE)
    since = (reply.first_sent_at or datetime.now(UTC) - timedelta(days=1)) - CLOCKS
    try:
        return await _in_thread(pages.Pages(http, open_id), reply, since)
    except Unauthorized:
        raise
    except EngageError:
        return ReadBack(Found.UNREADABLE)


async def _in_thread(listing: pages.Pages, reply: Outgoing, since: datetime) -> ReadBack:
    """By words and time alone: an author whose id is written in another way must not make us post twice."""
    item_id, root = thread_parts(reply.conversation_id)
    at = 0
    for _ in range(MOST_PAGES):
        page = await listing.replies(item_id, root, at)
        for row in page.rows:
            if epoch(row, "create_time") >= since and _same(text_or_none(row, "content") or "", reply.text):
                return ReadBack(Found.FOUND, Receipt(id_of(row, "comment_id"), epoch(row, "create_time")))
        if page.reaches(since):
            return ReadBack(Found.ABSENT)
        at = page.next
    return ReadBack(Found.UNREADABLE)


async def take_back(http: httpx.AsyncClient, open_id: str, receipt_id: str) -> None:
    """A direct message. Raises Refused for a comment: Douyin has no call for it."""
    if receipt_id.startswith(OVERLAY):
        return  # the overlay shows what stands in the ledger
    conversation_id, message_id = sent_parts(receipt_id)
    if not conversation_id:
        raise Refused("Douyin lets no application delete a comment: the creator can, in the app")
    asked = {"conversation_id": conversation_id, "conversation_type": 1, "msg_id": message_id}
    await calls.put(http, "/im/recall/msg/", open_id, asked)


def _id_in(said: Any, *path: str) -> str:
    try:
        return id_of(said, *path)
    except Malformed as error:
        raise Ambiguous(f"Douyin accepted it, but its receipt is unreadable ({error})") from None


def _same(found: str, said: str) -> bool:
    """Platforms trim what is posted."""
    return " ".join(found.split()) == " ".join(said.split())
