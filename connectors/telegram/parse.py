"""Telegram's updates in normal form. Pure; https://core.telegram.org/bots/api#update names the kinds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.fields import get, id_of, id_or_none, items, mapping, text, yes
from connectors.telegram.comments import group_event
from connectors.telegram.messages import author_of, changed, ignored, message_of, told
from connectors.telegram.own import STAMP, Own, own_in
from connectors.telegram.places import Kind, Place
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)  # of a deletion only ids are told


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One update as events of ours. Raises Malformed."""
    id_of(payload, "update_id")
    own = own_in(payload, account_user_id)
    kind = next((name for name in payload if name not in ("update_id", STAMP)), "nothing")
    read = _READERS.get(kind)
    return read(mapping(payload, kind), own) if read else [ignored(f"nothing to do for {kind!r}")]


def _message(message: Any, own: Own) -> list[Event]:
    chat = text(message, "chat", "type")
    if chat == "private":
        return [_to_bot(message, own)]
    if yes(message, "chat", "is_direct_messages"):
        return [_to_channel(message, own)]
    if chat in ("group", "supergroup"):
        return [group_event(message, own)]
    return [ignored(f"it is in a {chat}")]


def _edited(message: Any, own: Own) -> list[Event]:
    return [changed(event) for event in _message(message, own)]


def _to_bot(message: Any, own: Own) -> Event:
    """The creator may talk to their bot as a follower does: that is how they try it."""
    topic = id_or_none(message, "message_thread_id") if yes(message, "is_topic_message") else None
    place = Place(Kind.BOT, id_of(message, "chat", "id"), topic or "")
    heard = message_of(message, place, Surface.DM, author_of(message, ()))
    if heard.text.split(maxsplit=1)[:1] == ["/start"]:
        return ignored("it is the button that opens the chat, /start")
    return told(heard, message, own.id)


def _to_channel(message: Any, own: Own) -> Event:
    """A channel's direct messages: one topic a follower, and whoever else writes there writes for the channel."""
    place = Place(Kind.DIRECT, id_of(message, "chat", "id"), id_of(message, "direct_messages_topic", "topic_id"))
    follower = id_of(message, "direct_messages_topic", "user", "id")
    author = author_of(message, ())
    heard = message_of(message, place, Surface.DM, _self_unless(author, author.id == follower))
    return told(heard, message, own.id)


def _business(message: Any, own: Own) -> list[Event]:
    """In a private chat of the creator: whoever is not the other side of it is the creator."""
    chat = id_of(message, "chat", "id")
    place = Place(Kind.BUSINESS, chat, text(message, "business_connection_id"))
    author = author_of(message, ())
    if author.id != chat and own.knows_creator and not own.is_creator(get(message, "from")):
        return [ignored("it is in the private chats of somebody who is not the creator")]
    heard = message_of(message, place, Surface.DM, _self_unless(author, author.id == chat))
    bot = id_or_none(message, "sender_business_bot", "id")
    if bot and bot == own.id:
        return [Event(EventKind.ECHO, Surface.DM, heard)]
    if bot:
        return [ignored("another bot of the creator wrote it")]
    if yes(message, "is_from_offline") and heard.author.is_self:
        return [ignored("Telegram sent it for the creator: a greeting, an away message or a scheduled one")]
    return [told(heard, message, own.id)]


def _self_unless(author: Author, theirs: bool) -> Author:
    return Author(author.id, author.name, not theirs, author.is_bot)


def _edited_business(message: Any, own: Own) -> list[Event]:
    return [changed(event) for event in _business(message, own)]


def _deleted(deletion: Any, own: Own) -> list[Event]:
    """Either side deleted messages: whose they were is not told."""
    place = Place(Kind.BUSINESS, id_of(deletion, "chat", "id"), text(deletion, "business_connection_id"))
    gone = []
    for number in items(deletion, "message_ids"):
        if isinstance(number, bool) or not isinstance(number, int):
            raise Malformed("deleted_business_messages.message_ids: expected numbers")
        message = Message(place.message(str(number)), "", Surface.DM, Author(""), "", _UNKNOWN_TIME)
        gone.append(Event(EventKind.DELETED, Surface.DM, message))
    return gone or [ignored("nothing was deleted")]


def _connection(connection: Any, own: Own) -> list[Event]:
    text(connection, "id")
    if not own.is_creator(mapping(connection, "user")):
        return [_status("somebody who is not known to be the creator has the bot on their private chats, or had it")]
    if not yes(connection, "is_enabled"):
        return [_status("the creator has taken the bot off their private chats")]
    able = "may" if yes(connection, "rights", "can_reply") else "may not"
    return [_status(f"the creator has put the bot on their private chats; it {able} reply there")]


def _membership(member: Any, own: Own) -> list[Event]:
    """What became of the bot in a chat."""
    status, chat = text(member, "new_chat_member", "status"), text(member, "chat", "type")
    if chat == "private":
        return [_status("a follower has blocked the bot" if status == "kicked" else "a follower has started the bot")]
    return [_status(f"the bot is now {status!r} in a {chat}")]


def _status(reason: str) -> Event:
    return Event(EventKind.STATUS, reason=reason)


def _post(post: Any, own: Own) -> list[Event]:
    return [ignored("it is a post of the channel")]


_READERS: dict[str, Callable[[Any, Own], list[Event]]] = {
    "message": _message,
    "edited_message": _edited,
    "business_message": _business,
    "edited_business_message": _edited_business,
    "deleted_business_messages": _deleted,
    "business_connection": _connection,
    "my_chat_member": _membership,
    "channel_post": _post,
    "edited_channel_post": _post,
}
UPDATES = tuple(name for name in _READERS if "channel_post" not in name)  # what we ask Telegram for
