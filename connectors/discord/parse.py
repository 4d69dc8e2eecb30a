"""Discord's dispatches and webhook events in normal form. Pure.

Beside what Discord sent (`t`, `d`), a payload holds under `engage` what only the account's settings know:
`account` (the bot's user id), `place` (`channel` or `live` where the message stands in a followed channel) and
`by_creator`. See connectors/discord/places.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.discord.snowflakes import join, time_of
from connectors.fields import MISSING, get, id_of, id_or_none, items, mapping, text, text_or_none, time, yes
from connectors.gaps import gap_in
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_WRITTEN_BY_PEOPLE = (0, 19)  # DEFAULT and REPLY; the other types are the system's, or commands
_FORWARD = 1
_USER_MENTION = re.compile(r"<@!?(\d+)>")
_CUSTOM_EMOJI = re.compile(r"<a?(:\w+:)\d+>")


@dataclass(frozen=True, slots=True)
class _Place:
    """What the account's settings say of a message."""

    own_id: str
    followed: str  # channel, live, or ''
    by_creator: bool


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """A dispatch of the gateway, or a webhook event of the application, as ours. Raises Malformed."""
    if (lost := gap_in(payload)) is not None:
        return [lost]
    if get(payload, "event") is not MISSING:
        return [_of_application(payload)]
    kind = text(payload, "t")
    if kind not in _READERS:
        return [_ignored(f"nothing to do for {kind!r}")]
    own_id = account_user_id or text(payload, "engage", "account")
    followed = text_or_none(payload, "engage", "place") or ""
    place = _Place(own_id, followed, yes(payload, "engage", "by_creator"))
    return _READERS[kind](mapping(payload, "d"), place)


def _of_application(payload: Any) -> Event:
    """Whoever took the application off their account has withdrawn nothing but their own, unless it is the creator."""
    id_of(payload, "application_id")
    kind = text(payload, "event", "type")
    if kind != "APPLICATION_DEAUTHORIZED":
        return _ignored(f"nothing to do for {kind!r}")
    if not yes(payload, "engage", "by_creator"):
        return _ignored("a user took the application off their own account")
    return Event(EventKind.REVOKED, reason="the creator took the application off their Discord account")


def _written(d: dict[str, Any], place: _Place) -> list[Event]:
    message = _message(d, place)
    if get(d, "type") not in _WRITTEN_BY_PEOPLE:
        return [_ignored("no message of a person, but of Discord or of a command")]
    if message.author.is_self:
        return [Event(EventKind.ECHO, message.surface, message)]
    if place.by_creator:
        return [Event(EventKind.TAKEOVER, message.surface, message)]
    if not _is_addressed(d, place):
        return [_ignored("it does not mention the bot or answer it, and its channel is not followed")]
    if not message.text:
        reason = "it has no text: an attachment or a sticker, or the Message Content Intent is off"
        return [Event(EventKind.IGNORED, message.surface, message, reason)]
    return [Event(EventKind.MESSAGE, message.surface, message)]


def _changed(d: dict[str, Any], place: _Place) -> list[Event]:
    if not (isinstance(get(d, "author"), dict) and isinstance(get(d, "content"), str)):
        return [_ignored("part of a message, without author and text")]
    if text_or_none(d, "edited_timestamp") is None:
        return [_ignored("nobody wrote anew: Discord added a preview")]
    message = _message(d, place)
    if message.author.is_self or place.by_creator:
        return [Event(EventKind.STATUS, message.surface, message, "the account's or the creator's own was edited")]
    if not _is_addressed(d, place):  # its mention was taken away, and with it the question
        return [_gone(d, id_of(d, "id"), place)]
    return [Event(EventKind.EDITED, message.surface, message)]


def _deleted(d: dict[str, Any], place: _Place) -> list[Event]:
    return [_gone(d, id_of(d, "id"), place)]


def _deleted_many(d: dict[str, Any], place: _Place) -> list[Event]:
    ids = [id_or_none({"id": each}, "id") for each in items(d, "ids")]
    if not ids or not all(ids):
        raise Malformed("ids: expected a list of identifiers")
    return [_gone(d, each, place) for each in ids if each]


_READERS: dict[str, Callable[[dict[str, Any], _Place], list[Event]]] = {
    "MESSAGE_CREATE": _written,
    "MESSAGE_UPDATE": _changed,
    "MESSAGE_DELETE": _deleted,
    "MESSAGE_DELETE_BULK": _deleted_many,
}


def _gone(d: dict[str, Any], message_id: str, place: _Place) -> Event:
    """Of what was deleted Discord tells the ids only."""
    surface, channel_id = _surface(d, place), id_of(d, "channel_id")
    message = Message(
        id=join(channel_id, message_id),
        conversation_id=channel_id,
        surface=surface,
        author=Author(""),
        text="",
        sent_at=time_of(message_id),
    )
    return Event(EventKind.DELETED, surface, message)


def _message(d: dict[str, Any], place: _Place) -> Message:
    channel_id, author = id_of(d, "channel_id"), _author(d, place.own_id)
    said = text(d, "content", empty=True)
    return Message(
        id=join(channel_id, id_of(d, "id")),
        conversation_id=channel_id,
        surface=_surface(d, place),
        author=author,
        text=said if author.is_self else _readable(said, d, place.own_id),  # our own must stay what we posted
        sent_at=time(d, "timestamp"),
        reply_to_id=_reply_to(d, channel_id),
    )


def _author(d: dict[str, Any], own_id: str) -> Author:
    author_id = id_of(d, "author", "id")
    return Author(
        id=author_id,
        name=text_or_none(d, "member", "nick") or _name(mapping(d, "author")),
        is_self=author_id == own_id,
        is_bot=author_id != own_id and (yes(d, "author", "bot") or id_or_none(d, "webhook_id") is not None),
    )


def _name(user: Any) -> str:
    return text_or_none(user, "global_name") or text_or_none(user, "username") or ""


def _surface(d: dict[str, Any], place: _Place) -> Surface:
    if place.followed:
        return Surface.LIVE if place.followed == "live" else Surface.COMMENT
    return Surface.DM if id_or_none(d, "guild_id") is None else Surface.COMMENT


def _is_addressed(d: dict[str, Any], place: _Place) -> bool:
    """Whether the bot is meant: by its place, by name, or by an answer to something the bot said."""
    if place.followed or id_or_none(d, "guild_id") is None:
        return True
    if any(id_or_none(user, "id") == place.own_id for user in items(d, "mentions")):
        return True
    return id_or_none(d, "referenced_message", "author", "id") == place.own_id


def _reply_to(d: dict[str, Any], channel_id: str) -> str | None:
    message_id = id_or_none(d, "message_reference", "message_id")
    if message_id is None or get(d, "message_reference", "type") == _FORWARD:
        return None
    return join(id_or_none(d, "message_reference", "channel_id") or channel_id, message_id)


def _readable(said: str, d: dict[str, Any], own_id: str) -> str:
    """As a reader sees it: names for mentions, and without calling the bot."""
    names = {id_of(user, "id"): _name(user) for user in items(d, "mentions")}

    def shown(mention: re.Match[str]) -> str:
        return "" if mention[1] == own_id else f"@{names.get(mention[1]) or mention[1]}"

    said = _CUSTOM_EMOJI.sub(r"\1", _USER_MENTION.sub(shown, said))
    return re.sub(" {2,}", " ", said).strip()


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)
