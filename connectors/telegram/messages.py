"""The parts that every kind of Telegram message has, in normal form. Pure."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from connectors.fields import MISSING, epoch, get, id_of, text_or_none, yes
from connectors.telegram.places import Place
from engage.models import Author, Event, EventKind, Message, Surface

_EDITED = {EventKind.MESSAGE: EventKind.EDITED, EventKind.TAKEOVER: EventKind.EDITED}
# What a message may hold instead of words, for the reason why it is ignored.
_CONTENTS = (
    *("animation", "audio", "document", "photo", "sticker", "story", "video", "video_note", "voice", "checklist"),
    *("contact", "dice", "game", "poll", "venue", "location", "rich_message", "paid_media", "gift"),
    *("new_chat_members", "left_chat_member", "pinned_message", "migrate_to_chat_id", "forum_topic_created"),
)


def ignored(reason: str) -> Event:
    """What needs nothing."""
    return Event(EventKind.IGNORED, reason=reason)


def changed(event: Event) -> Event:
    """The same message, edited."""
    if event.kind is EventKind.ECHO:
        return replace(event, kind=EventKind.STATUS, reason="our own reply was edited")
    return replace(event, kind=_EDITED.get(event.kind, event.kind))


def words_of(message: Any) -> str:
    """The text, or what stands under a picture; '' where there is neither."""
    return text_or_none(message, "text") or text_or_none(message, "caption") or ""


def author_of(message: Any, ours: Collection[str]) -> Author:
    """Who wrote it. ours: the ids that are the creator.

    Whoever writes as a channel or as the group has a made-up user in `from`, which is marked as a bot
    (https://core.telegram.org/bots/api#message, sender_chat).
    """
    sender = "sender_chat" if get(message, "sender_chat") is not MISSING else "from"
    names = [text_or_none(message, sender, part) or "" for part in ("title", "first_name", "last_name")]
    author_id = id_of(message, sender, "id")
    return Author(
        id=author_id,
        name=" ".join(name for name in names if name) or text_or_none(message, sender, "username") or "",
        is_self=author_id in ours,
        is_bot=sender == "from" and yes(message, sender, "is_bot"),
    )


def message_of(message: Any, place: Place, surface: Surface, author: Author) -> Message:
    """A message in normal form. Raises Malformed."""
    replied = get(message, "reply_to_message", "message_id") is not MISSING
    return Message(
        id=place.message(id_of(message, "message_id")),
        conversation_id=str(place),
        surface=surface,
        author=author,
        text=words_of(message),
        sent_at=epoch(message, "date"),
        reply_to_id=place.message(id_of(message, "reply_to_message", "message_id")) if replied else None,
    )


def told(message: Message, raw: Any, own_id: str) -> Event:
    """Whose message it is: the bot's, the creator's in person, or a follower's, which needs words to be answered."""
    if message.author.id == own_id:
        ours = replace(message, author=replace(message.author, is_self=True))
        return Event(EventKind.ECHO, message.surface, ours)
    if message.author.is_self:
        return Event(EventKind.TAKEOVER, message.surface, message)
    if not message.text:
        content = next((name for name in _CONTENTS if get(raw, name) is not MISSING), "no text")
        return ignored(f"there is nothing to read in it: {content}")
    return Event(EventKind.MESSAGE, message.surface, message)
