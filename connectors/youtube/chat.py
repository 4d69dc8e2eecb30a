"""Messages of a live chat in normal form. Pure.

Types: https://developers.google.com/youtube/v3/live/docs/liveChatMessages
"""

from typing import Any

from connectors.fields import id_of, id_or_none, mapping, text, text_or_none, time, yes
from connectors.youtube.mentions import without_mention
from engage.models import Author, Event, EventKind, Message, Surface

# Where each type that somebody wrote keeps the words. A Super Chat and a milestone may come without any.
WORDS = {
    "textMessageEvent": ("textMessageDetails", "messageText"),
    "superChatEvent": ("superChatDetails", "userComment"),
    "fanFundingEvent": ("fanFundingEventDetails", "userComment"),
    "memberMilestoneChatEvent": ("memberMilestoneChatDetails", "userComment"),
}
ENDED = "chatEndedEvent"
VIDEO = "engage.video"  # beside YouTube's own fields: the video's id and title


def chat_events(payload: Any, own: str) -> list[Event]:
    """What one message of a live chat says."""
    kind = text(payload, "snippet", "type")
    if kind in WORDS:
        return [_said(payload, own, kind)]
    if kind == "messageDeletedEvent":  # its author here is the moderator, so of the message only the id is told
        return [_deleted(payload, id_of(payload, "snippet", "messageDeletedDetails", "deletedMessageId"))]
    if kind == "messageRetractedEvent":
        gone = id_of(payload, "snippet", "messageRetractedDetails", "retractedMessageId")
        return [_deleted(payload, gone, by=id_or_none(payload, "snippet", "authorChannelId") or "", own=own)]
    if kind == "tombstone":
        return [_deleted(payload, id_of(payload, "id"))]
    if kind == ENDED:
        return [_status("the live chat has ended")]
    if kind == "userBannedEvent":
        return [_banned(payload, own)]
    return [Event(EventKind.IGNORED, Surface.LIVE, reason=f"nothing to do for {kind!r}")]


def _said(payload: Any, own: str, kind: str) -> Event:
    words = text_or_none(payload, "snippet", *WORDS[kind])
    if words is None and kind == "textMessageEvent":
        words = text(payload, "snippet", "displayMessage", empty=True)
    if not words:
        return Event(EventKind.IGNORED, Surface.LIVE, reason=f"{kind} without words")
    author = _author(payload, own)
    message = _message(payload, id_of(payload, "id"), author, without_mention(words) if author.is_self else words)
    return Event(EventKind.TAKEOVER if author.is_self else EventKind.MESSAGE, Surface.LIVE, message)


def _author(payload: Any, own: str) -> Author:
    author_id = id_or_none(payload, "authorDetails", "channelId") or id_of(payload, "snippet", "authorChannelId")
    name = text_or_none(payload, "authorDetails", "displayName") or ""
    # The chats we follow are those of the account's own broadcasts.
    return Author(author_id, name, is_self=author_id == own or yes(payload, "authorDetails", "isChatOwner"))


def _deleted(payload: Any, message_id: str, by: str = "", own: str = "") -> Event:
    message = _message(payload, message_id, Author(by, is_self=bool(by) and by == own), "", known=bool(by))
    return Event(EventKind.DELETED, Surface.LIVE, message)


def _banned(payload: Any, own: str) -> Event:
    """Nothing that they wrote is answered any more. YouTube names no message."""
    details = ("snippet", "userBannedDetails", "bannedUserDetails")
    banned = id_or_none(payload, *details, "channelId")
    if banned in (None, own):
        return _status(f"{banned or 'somebody'} was banned from the live chat")
    author = Author(banned, text_or_none(payload, *details, "displayName") or "")
    return Event(EventKind.DELETED, Surface.LIVE, _message(payload, "", author, ""))


def _message(payload: Any, message_id: str, author: Author, words: str, *, known: bool = True) -> Message:
    video = video_of(payload)
    return Message(
        id=message_id,
        conversation_id=f"chat:{id_of(payload, 'snippet', 'liveChatId')}" if known else "",
        surface=Surface.LIVE,
        author=author,
        text=words,
        sent_at=time(payload, "snippet", "publishedAt"),
        post_id=id_or_none(video, "id"),
        post_text=text_or_none(video, "title") or None,
    )


def video_of(payload: Any) -> dict[str, Any]:
    """The id and title of the video that our poll or stream found something under."""
    return mapping(payload, VIDEO) if VIDEO in payload else {}


def _status(reason: str) -> Event:
    return Event(EventKind.STATUS, Surface.LIVE, reason=reason)
