"""Direct messages (私信) in normal form. Pure."""

from datetime import UTC, datetime
from typing import Any

from connectors.douyin.contents import content_of, ignored, moment
from connectors.douyin.names import sent_message
from connectors.fields import MISSING, get, id_of, id_or_none, items, text, text_or_none
from engage.models import Author, Event, EventKind, Message, Surface

_UNTOLD = datetime.fromtimestamp(0, UTC)  # when a message was taken back Douyin does not tell


def received(payload: Any, account: str) -> Event:
    """A follower wrote. Raises Malformed."""
    content, sender, receiver = content_of(payload), id_of(payload, "from_user_id"), id_of(payload, "to_user_id")
    if receiver != (account or receiver) or sender == receiver:
        return ignored("it is for another account")
    if why := _no_words(content):
        return Event(EventKind.IGNORED, Surface.DM, reason=why)
    message_id, author = id_of(content, "server_message_id"), Author(sender, _nickname(content, sender))
    return Event(EventKind.MESSAGE, Surface.DM, _message(content, message_id, author))


def sent(payload: Any, account: str) -> Event:
    """Whose hand it was: `source` is the application that sent it, and empty where the creator did in the app."""
    content, sender = content_of(payload), id_of(payload, "from_user_id")
    if sender != (account or sender):
        return ignored("it is for another account")
    if not _between_two(content):
        return Event(EventKind.IGNORED, Surface.DM, reason="a message to a group")
    name = sent_message(id_of(content, "conversation_short_id"), id_of(content, "server_message_id"))
    message = _message(content, name, Author(sender, _nickname(content, sender), is_self=True))
    source, ours = text_or_none(content, "source") or "", text_or_none(payload, "client_key") or ""
    if source and source == ours:
        return Event(EventKind.ECHO, Surface.DM, message)
    if source and ours:
        return Event(EventKind.IGNORED, Surface.DM, message, "another application of the creator wrote it")
    return Event(EventKind.TAKEOVER, Surface.DM, message)


def recalled(payload: Any, account: str) -> Event:
    """Either side took a message back; only its id is told."""
    name, sender = id_of(content_of(payload), "server_message_id"), id_of(payload, "from_user_id")
    if account not in ("", sender, id_or_none(payload, "to_user_id")):
        return ignored("it is for another account")
    if sender == account:
        return Event(EventKind.STATUS, Surface.DM, reason="a message of the account was taken back")
    return Event(EventKind.DELETED, Surface.DM, Message(name, "", Surface.DM, Author(""), "", _UNTOLD))


def _message(content: Any, name: str, author: Author) -> Message:
    return Message(
        id=name,
        conversation_id=id_of(content, "conversation_short_id"),
        surface=Surface.DM,
        author=author,
        text=text_or_none(content, "text") or "",
        sent_at=moment(content, "create_time"),
    )


def _no_words(content: Any) -> str:
    """Why a message is nothing to answer; '' where it is."""
    if not _between_two(content):
        return "a message of a group"
    kind = text(content, "message_type")
    if kind != "text" or not text_or_none(content, "text"):
        return f"a message of type {kind!r} has no words to answer"
    return ""


def _between_two(content: Any) -> bool:
    return get(content, "conversation_type") in (1, "1", MISSING)


def _nickname(content: Any, open_id: str) -> str:
    people = [one for one in items(content, "user_infos") if get(one, "open_id") == open_id]
    return next((name for one in people if (name := text_or_none(one, "nick_name"))), "")
