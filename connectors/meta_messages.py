"""Direct messages of Instagram and Messenger in normal form: both tell them in the same words. Pure."""

from typing import Any

from connectors.fields import get, id_of, id_or_none, items, mapping, text, text_or_none, yes
from connectors.meta_webhooks import STANDBY, Update, moment
from engage.models import Author, Event, EventKind, Message, Surface

DIRECT = "dm:"  # before the follower's id: the conversation with one of them
MARK = "engage:"  # before the idempotency key in the metadata of what we send, where a product echoes metadata
_AROUND = ("sender", "recipient", "timestamp")


def name_of(item: Any, who: str) -> str:
    """Instagram tells a username, Facebook a name, a webhook of messages neither. Raises Malformed."""
    return text_or_none(item, who, "username") or text_or_none(item, who, "name") or ""


def ignored(reason: str, message: Message | None = None) -> Event:
    """An event that needs nothing."""
    return Event(EventKind.IGNORED, message.surface if message else None, message, reason)


def direct(update: Update, own: str) -> Event:
    """One update of a messaging list. own: the account's id. Raises Malformed."""
    item = update.item
    if update.kind == STANDBY and not yes(item, "message", "is_echo"):
        return ignored("another app owns the thread")
    if isinstance(get(item, "message"), dict):
        return _message(item, own)
    if isinstance(get(item, "message_edit"), dict):
        return _edited(item, own)
    if isinstance(get(item, "postback"), dict):
        return _pressed(item, own)
    mapping(item)
    kinds = ", ".join(sorted(key for key in item if key not in _AROUND))
    return ignored(f"nothing to do for {kinds or 'an empty update'}")


def _message(item: Any, own: str) -> Event:
    told = mapping(item, "message")
    mid = text(told, "mid")
    if yes(told, "is_deleted"):
        return _of(EventKind.DELETED, item, own, mid, "")
    words = text_or_none(told, "text") or ""
    if yes(told, "is_echo") or id_of(item, "sender", "id") == own:
        return _of(EventKind.ECHO if _is_ours(told) else EventKind.TAKEOVER, item, own, mid, words)
    event = _of(EventKind.MESSAGE, item, own, mid, words)
    if words:
        return event
    kinds = ", ".join(sorted({text_or_none(one, "type") or "?" for one in items(told, "attachments")}))
    return ignored(f"it holds no text ({kinds or 'unsupported'})", event.message)


def _edited(item: Any, own: str) -> Event:
    edit = mapping(item, "message_edit")
    if (words := text_or_none(edit, "text")) is None:
        # Instagram tells this of new messages too, often without sender: `messages` tells these.
        return ignored("an edit without the new text")
    return _of(EventKind.EDITED, item, own, text(edit, "mid"), words)


def _is_ours(told: Any) -> bool:
    """Whether it brings back the mark that our messages carry; of others intake finds out by their id or words.

    The app's id in an echo proves nothing: what a person writes in Meta's inbox is reported to carry the id of the app.
    """
    return (text_or_none(told, "metadata") or "").startswith(MARK)


def _pressed(item: Any, own: str) -> Event:
    """A button says its title for the follower."""
    mid = text_or_none(item, "postback", "mid")
    mid = mid or f"postback:{id_of(item, 'sender', 'id')}:{int(moment(item, 'timestamp').timestamp() * 1000)}"
    return _of(EventKind.MESSAGE, item, own, mid, text(item, "postback", "title"))


def _of(kind: EventKind, item: Any, own: str, mid: str, words: str) -> Event:
    sender = id_of(item, "sender", "id")
    is_self = sender == own or kind in (EventKind.ECHO, EventKind.TAKEOVER)
    if is_self and kind is EventKind.MESSAGE:  # a button of the account's own is no follower's
        kind = EventKind.TAKEOVER
    message = Message(
        id=mid,
        conversation_id=DIRECT + (id_of(item, "recipient", "id") if is_self else sender),
        surface=Surface.DM,
        author=Author(sender, name_of(item, "sender"), is_self=is_self),
        text=words,
        sent_at=moment(item, "timestamp"),
        reply_to_id=id_or_none(item, "message", "reply_to", "mid"),
    )
    return Event(kind, Surface.DM, message)
