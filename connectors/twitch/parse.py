"""EventSub in normal form. Pure.

A delivery is the frame of Twitch's WebSocket, `{metadata, payload}`; a webhook's body is put into the same frame, with
what its headers said. A bare `{subscription, event}` is understood too. `engage.bot_user_id` beside it names the bot.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.fields import MISSING, get, id_of, id_or_none, items, text, text_or_none, time
from connectors.gaps import gap_in
from connectors.twitch.lines import own_words, said
from engage.models import Author, Event, EventKind, Message, Surface

CHAT = "chat:"  # conversations are chat:<channel> and whisper:<follower>
WHISPER = "whisper:"
# Twitch marks with it what comes through its API for chatbots.
_BOT_BADGE = "bot-badge"
# Of the reasons why a subscription ended, these mean that the access is gone; the others are ours to mend.
_LOST = {"authorization_revoked": "the access was withdrawn on Twitch", "user_removed": "the user is gone from Twitch"}


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """The event of one delivery; '' stands for the account that it names. Raises Malformed."""
    if lost := gap_in(payload):
        return [lost]
    if (kind := text_or_none(payload, "metadata", "message_type")) and kind.startswith("session_"):
        return [_ignored(f"{kind}: nothing but the connection")]
    inner = payload_of(payload)
    kind = text(inner, "subscription", "type")
    account = account_of(payload)
    if not account or (account_user_id and account != account_user_id):
        return [_ignored("it is for another account" if account else f"nothing to do for {kind!r}")]
    if get(inner, "challenge") is not MISSING:
        return [Event(EventKind.CHALLENGE)]
    if get(inner, "event") is MISSING:
        return [_ended(inner)]
    read = _READERS.get(kind)
    return [read(payload, account) if read else _ignored(f"nothing to do for {kind!r}")]


def payload_of(delivery: Any) -> Any:
    """What stands inside of the frame."""
    return delivery if get(delivery, "payload") is MISSING else get(delivery, "payload")


def account_of(delivery: Any) -> str:
    """The Twitch id of the channel's owner, or of whom a whisper is for; '' where it names nobody. Raises Malformed."""
    inner = payload_of(delivery)
    for path in (
        ("event", "broadcaster_user_id"),
        ("event", "to_user_id"),
        ("subscription", "condition", "broadcaster_user_id"),
        ("subscription", "condition", "user_id"),
        ("event", "user_id"),
    ):
        if found := id_or_none(inner, *path):
            return found
    return ""


def _ended(inner: Any) -> Event:
    """Twitch ended a subscription, and says why."""
    status, kind = text(inner, "subscription", "status"), text(inner, "subscription", "type")
    if status in _LOST:
        return Event(EventKind.REVOKED, reason=_LOST[status])
    return Event(EventKind.STATUS, reason=f"Twitch ended the subscription to {kind}: {status}")


def _written(delivery: Any, account: str) -> Event:
    """A line of chat: a follower's, the creator's in person, or the bot account's."""
    event = payload_of(delivery)["event"]
    source = id_or_none(event, "source_broadcaster_user_id")
    if source and source != account:
        return _ignored("it was written in another channel of a shared chat")
    chatter = id_of(event, "chatter_user_id")
    own = chatter == account or chatter in _bots(delivery)
    message = Message(
        id=text(event, "message_id"),
        conversation_id=CHAT + account,
        surface=Surface.LIVE,
        author=Author(chatter, text_or_none(event, "chatter_user_name") or "", is_self=own, is_bot=_has_badge(event)),
        text=own_words(event) if own else said(event),
        sent_at=_sent_at(delivery),
        reply_to_id=text_or_none(event, "reply", "parent_message_id"),
    )
    return Event(_whose(chatter, account, own=own), Surface.LIVE, message)


def _whose(chatter: str, account: str, *, own: bool) -> EventKind:
    if chatter == account:
        return EventKind.TAKEOVER
    return EventKind.ECHO if own else EventKind.MESSAGE


def _bots(delivery: Any) -> set[str | None]:
    """The accounts that write for the creator: whom we read the chat as, and whom the listener names."""
    named = id_or_none(delivery, "engage", "bot_user_id")
    return {named, id_or_none(payload_of(delivery), "subscription", "condition", "user_id")} - {None}


def _has_badge(event: Any) -> bool:
    return any(text_or_none(badge, "set_id") == _BOT_BADGE for badge in items(event, "badges"))


def _removed(delivery: Any, account: str) -> Event:
    """A moderator took one message away."""
    event = payload_of(delivery)["event"]
    author = id_of(event, "target_user_id")
    ours = author != account and author in _bots(delivery)
    message = Message(
        id=text(event, "message_id"),
        conversation_id=CHAT + account,
        surface=Surface.LIVE,
        author=Author(author, text_or_none(event, "target_user_name") or "", is_self=ours or author == account),
        text="",
        sent_at=_sent_at(delivery),
    )
    if ours:
        return Event(EventKind.STATUS, Surface.LIVE, message, "our own reply was deleted")
    return Event(EventKind.DELETED, Surface.LIVE, message)


def _whispered(delivery: Any, account: str) -> Event:
    """A private message to the creator. Twitch does not tell what the creator whispers."""
    event = payload_of(delivery)["event"]
    author = id_of(event, "from_user_id")
    message = Message(
        id=text(event, "whisper_id"),
        conversation_id=WHISPER + author,
        surface=Surface.DM,
        author=Author(author, text_or_none(event, "from_user_name") or "", is_self=author == account),
        text=text(event, "whisper", "text", empty=True),
        sent_at=_sent_at(delivery),
    )
    return Event(EventKind.TAKEOVER if author == account else EventKind.MESSAGE, Surface.DM, message)


def _withdrawn(delivery: Any, account: str) -> Event:
    """The user disconnected the application in the settings of Twitch."""
    return Event(EventKind.REVOKED, reason=_LOST["authorization_revoked"])


def _cleared(delivery: Any, account: str) -> Event:
    """A moderator cleared the chat, or timed one person out: all lines are taken away, and none is named."""
    event = payload_of(delivery)["event"]
    author = id_or_none(event, "target_user_id") or ""
    name = text_or_none(event, "target_user_name") or ""
    gone = Message("", CHAT + account, Surface.LIVE, Author(author, name), "", _sent_at(delivery))
    if author and author in {account, *_bots(delivery)}:
        return Event(
            EventKind.STATUS, reason=f"all lines of {name or author} were taken away: it was timed out or banned"
        )
    return Event(EventKind.DELETED, Surface.LIVE, gone)


def _sent_at(delivery: Any) -> datetime:
    """When Twitch sent it, which is when it was written; events of chat hold no time of their own.

    Without a frame only the subscription's time is known: such a message is as old as that, and nobody answers it.
    """
    framed = get(delivery, "metadata", "message_timestamp") is not MISSING
    if framed:
        return time(delivery, "metadata", "message_timestamp")
    return time(payload_of(delivery), "subscription", "created_at")


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


_READERS: dict[str, Callable[[Any, str], Event]] = {
    "channel.chat.message": _written,
    "channel.chat.message_delete": _removed,
    "channel.chat.clear": _cleared,
    "channel.chat.clear_user_messages": _cleared,
    "user.whisper.message": _whispered,
    "user.authorization.revoke": _withdrawn,
}
