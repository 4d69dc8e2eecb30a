"""YouTube's comments, live chat and new videos in normal form. Pure.

A comment that the poll found carries its video under `engage.video`, as YouTube tells it beside the thread only.
"""

from collections.abc import Callable
from typing import Any

from connectors.fields import id_of, id_or_none, items, mapping, text, text_or_none, time
from connectors.gaps import gap_in
from connectors.youtube.chat import VIDEO, chat_events, video_of
from connectors.youtube.mentions import without_mention
from connectors.youtube.websub import FEED, feed_events
from engage.models import Author, Event, EventKind, Message, Surface


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """A comment thread, a comment, a message of a live chat, or a feed of videos; '' is the channel it names."""
    if (gap := gap_in(payload)) is not None:
        return [gap]
    kind = text(payload, "kind")
    known = _KINDS.get(kind)
    return known(payload, account_user_id) if known else [_ignored(f"nothing to do for {kind!r}")]


def _thread(payload: Any, own: str) -> list[Event]:
    """The first comment and those of its replies that YouTube gives with it."""
    first = mapping(payload, "snippet", "topLevelComment")
    video = {"id": id_or_none(payload, "snippet", "videoId"), **video_of(payload)}
    channel = id_or_none(payload, "snippet", "channelId")
    own = own or text(payload, "snippet", "channelId")
    if channel not in (None, own):
        return [_ignored("it is about another channel")]
    comments = [first, *(mapping(one) for one in items(payload, "replies", "comments"))]
    return [event for one in comments for event in _comment({VIDEO: video, **one}, own)]


def _comment(payload: Any, own: str) -> list[Event]:
    mapping(payload, "snippet")
    own = own or text(payload, "snippet", "channelId")
    if id_or_none(payload, "snippet", "channelId") not in (None, own):
        return [_ignored("it is about another channel")]
    status = text_or_none(payload, "snippet", "moderationStatus")
    if status not in (None, "published"):
        return [_ignored(f"it is not public: {status}")]
    if id_or_none(payload, "snippet", "authorChannelId", "value") is None:
        return [_ignored("YouTube does not say who wrote it")]
    message = _message(payload, own)
    return [Event(_kind(payload, message), Surface.COMMENT, message)]


def _kind(payload: Any, message: Message) -> EventKind:
    if time(payload, "snippet", "updatedAt") > message.sent_at:
        return EventKind.EDITED
    return EventKind.TAKEOVER if message.author.is_self else EventKind.MESSAGE


def _message(payload: Any, own: str) -> Message:
    comment_id = id_of(payload, "id")
    parent = id_or_none(payload, "snippet", "parentId")
    author_id = id_of(payload, "snippet", "authorChannelId", "value")
    mine = author_id == own
    words = text_or_none(payload, "snippet", "textOriginal")
    words = text(payload, "snippet", "textDisplay", empty=True) if words is None else words
    video = video_of(payload)
    return Message(
        id=comment_id,
        conversation_id=f"thread:{parent or comment_id}",
        surface=Surface.COMMENT,
        author=Author(author_id, text_or_none(payload, "snippet", "authorDisplayName") or "", is_self=mine),
        text=without_mention(words) if mine else words,
        sent_at=time(payload, "snippet", "publishedAt"),
        # All replies hang on the first comment, so of our own nobody can say which one they answer.
        reply_to_id=None if mine else parent,
        post_id=id_or_none(payload, "snippet", "videoId") or id_or_none(video, "id"),
        post_text=text_or_none(video, "title") or None,
    )


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


_KINDS: dict[str, Callable[[Any, str], list[Event]]] = {
    "youtube#commentThread": _thread,
    "youtube#comment": _comment,
    "youtube#liveChatMessage": chat_events,
    FEED: feed_events,
}
