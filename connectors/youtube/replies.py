"""Posting a reply and finding it again: under a comment, and in a live chat."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.fields import get, items, text, time
from connectors.youtube.calls import Calls
from connectors.youtube.limits import READBACK_PAGES
from connectors.youtube.mentions import mention, same
from connectors.youtube.refusals import Said
from engage.errors import Ambiguous, Malformed, RateLimited, Refused, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

CHAT = "liveChat/messages"
COMMANDS = ("!", "/")  # chatbots do what the owner of a chat tells them so, and the owner is who we write as
LOOKED_FOR = timedelta(minutes=10)  # later than this the recent messages of a chat prove nothing, and cost 5 units
SKEW = timedelta(minutes=2)  # by which our clock may be ahead of YouTube's

_LONG_AGO = datetime(2005, 2, 14, tzinfo=UTC)  # before YouTube
UNREADABLE = ReadBack(Found.UNREADABLE)
ABSENT = ReadBack(Found.ABSENT)


def thread_of(reply: Outgoing) -> str:
    """The first comment of the thread that a reply is for."""
    return reply.conversation_id.removeprefix("thread:")


def words_of(reply: Outgoing, in_chat: bool) -> str:
    """The text as it is posted. A live chat has no replies, and a thread one level of them: there a name is needed."""
    named = in_chat or reply.in_reply_to != thread_of(reply)
    return (mention(reply.follower_name) if named else "") + reply.text


async def post_comment(calls: Calls, reply: Outgoing) -> Receipt:
    """Raises what a send raises; Refused also where the comment is gone, of which YouTube tells nothing by itself."""
    thread = thread_of(reply)
    wanted = ",".join(dict.fromkeys((thread, reply.in_reply_to)))
    alive = await calls.read("comments", part="id", id=wanted)
    if reply.in_reply_to not in [get(row, "id") for row in items(alive, "items")]:
        raise Refused("the comment is gone")
    body = {"snippet": {"parentId": thread, "textOriginal": words_of(reply, in_chat=False)}}
    return _receipt(await calls.insert("comments", body))


async def post_chat(calls: Calls, reply: Outgoing) -> Receipt:
    """Raises what a send raises."""
    words = {"messageText": words_of(reply, in_chat=True)}
    if words["messageText"].lstrip().startswith(COMMANDS):
        raise Refused("its first word would be taken for a command")
    chat = reply.conversation_id.removeprefix("chat:")
    body = {"snippet": {"liveChatId": chat, "type": "textMessageEvent", "textMessageDetails": words}}
    return _receipt(await calls.insert(CHAT, body))


async def find_comment(calls: Calls, channel: str, reply: Outgoing) -> ReadBack:
    """Look through the thread's replies."""
    page: dict[str, str] = {}
    try:
        for _ in range(READBACK_PAGES):
            said = await calls.read(
                "comments", part="snippet", parentId=thread_of(reply), textFormat="plainText", maxResults="100", **page
            )
            if found := _ours(items(said, "items"), channel, reply, in_chat=False):
                return ReadBack(Found.FOUND, found)
            if not isinstance(token := get(said, "nextPageToken"), str):
                return ABSENT
            page = {"pageToken": token}
    except Said as error:
        return ABSENT if error.gone else UNREADABLE  # with the thread every reply has gone
    except (RateLimited, Unavailable, Malformed):
        pass
    return UNREADABLE


async def find_chat(calls: Calls, channel: str, reply: Outgoing) -> ReadBack:
    """Look through the chat's recent messages, whose silence proves something only if they reach back far enough."""
    if datetime.now(UTC) - _first(reply) > LOOKED_FOR:
        return UNREADABLE
    chat = reply.conversation_id.removeprefix("chat:")
    try:
        said = await calls.read(CHAT, liveChatId=chat, part="id,snippet,authorDetails", maxResults="2000")
        rows = items(said, "items")
        if found := _ours(rows, channel, reply, in_chat=True):
            return ReadBack(Found.FOUND, found)
        return ABSENT if any(_is_before(row, reply) for row in rows) else UNREADABLE
    except (RateLimited, Unavailable, Said, Malformed):  # a chat that has ended tells nothing more
        return UNREADABLE


def _ours(rows: list[Any], channel: str, reply: Outgoing, *, in_chat: bool) -> Receipt | None:
    """The receipt of the reply, where it is among what was read."""
    words = words_of(reply, in_chat)
    for row in rows:
        author = get(row, "snippet", "authorChannelId")
        author = author if in_chat else get(author, "value")
        said = _text_of(row, in_chat)
        if author == channel and same(said, words) and _written(row) >= _first(reply) - SKEW:
            return _receipt(row)
    return None


def _text_of(row: Any, in_chat: bool) -> str:
    fields = ("textMessageDetails", "messageText") if in_chat else ("textOriginal",)
    other = "displayMessage" if in_chat else "textDisplay"
    said = get(row, "snippet", *fields)
    return said if isinstance(said, str) else str(get(row, "snippet", other))


def _is_before(row: Any, reply: Outgoing) -> bool:
    return get(row, "id") == reply.in_reply_to or _written(row) < _first(reply) - SKEW


def _first(reply: Outgoing) -> datetime:
    """Before this the reply cannot have been posted."""
    return reply.first_sent_at or _LONG_AGO


def _written(row: Any) -> datetime:
    return time(row, "snippet", "publishedAt")


def _receipt(row: Any) -> Receipt:
    try:
        return Receipt(text(row, "id"), _written(row))
    except Malformed:
        raise Ambiguous("YouTube took the reply, but its receipt is unreadable") from None
