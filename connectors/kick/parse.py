"""Kick's chat in normal form. Pure.

What the receiver keeps has the kind of the event beside it, and who the application's bot is; a chat message alone is
understood too.
"""

import re
from typing import Any

from connectors.fields import get, id_of, id_or_none, items, mapping, text, text_or_none, time
from engage.models import Author, Event, EventKind, Message, Surface

CHAT = "chat.message.sent"
BANNED = "moderation.banned"
_EMOTE = re.compile(r"\[emote:\d+:([^\]]+)\]")


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event; '' is the channel that it names. Raises Malformed."""
    wrapped = isinstance(payload, dict) and "event" in payload
    kind = text(payload, "type") if wrapped else CHAT
    event = mapping(payload, "event") if wrapped else mapping(payload)
    if kind not in (CHAT, BANNED):
        return [Event(EventKind.IGNORED, reason=f"nothing to do for {kind!r}")]
    channel = id_of(event, "broadcaster", "user_id")
    if channel != (account_user_id or channel):
        return [Event(EventKind.IGNORED, reason="it is another channel's")]
    bot = id_or_none(payload, "bot") if wrapped else None
    if kind == BANNED:
        return [_banned(event, channel, bot)]
    message = _message(event, channel)
    return [Event(_kind(message, by_our_bot=_is(bot, event, "sender")), Surface.LIVE, message)]


def _is(bot: str | None, event: Any, who: str) -> bool:
    """Whether somebody is the application's bot, known by its id or its name."""
    if bot is None or bot.isdecimal():  # a follower may be called by a number
        return bot is not None and bot == id_of(event, who, "user_id")
    names = (text_or_none(event, who, name) for name in ("username", "channel_slug"))
    return bot.removeprefix("@").casefold() in [name.casefold() for name in names if name]


def _banned(event: Any, channel: str, bot: str | None) -> Event:
    """Nothing that they wrote is answered any more. Kick names no line."""
    banned = id_of(event, "banned_user", "user_id")
    name = text_or_none(event, "banned_user", "username") or ""
    if banned == channel or _is(bot, event, "banned_user"):
        return Event(EventKind.STATUS, Surface.LIVE, reason=f"{name or banned} was banned from the chat")
    at = time(event, "metadata", "created_at")
    return Event(
        EventKind.DELETED, Surface.LIVE, Message("", f"chat:{channel}", Surface.LIVE, Author(banned, name), "", at)
    )


def _kind(message: Message, *, by_our_bot: bool) -> EventKind:
    """Kick does not say which application wrote something: of the channel's own lines intake finds out."""
    if by_our_bot:
        return EventKind.ECHO
    return EventKind.TAKEOVER if message.author.is_self else EventKind.MESSAGE


def _message(event: Any, channel: str) -> Message:
    sender = id_of(event, "sender", "user_id")
    badges = [get(badge, "type") for badge in items(event, "sender", "identity", "badges")]
    return Message(
        id=text(event, "message_id"),
        conversation_id=f"chat:{channel}",
        surface=Surface.LIVE,
        author=Author(
            sender,
            text_or_none(event, "sender", "username") or "",
            is_self=sender == channel,
            is_bot="bot" in badges,
        ),
        text=_EMOTE.sub(r":\1:", text(event, "content", empty=True)),
        sent_at=time(event, "created_at"),
        reply_to_id=text_or_none(event, "replies_to", "message_id"),
    )
