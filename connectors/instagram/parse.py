"""Instagram's events in normal form. Pure."""

from typing import Any

from connectors.fields import get, id_of, id_or_none, text, text_or_none
from connectors.meta_deauthorization import revoked
from connectors.meta_messages import direct, ignored
from connectors.meta_webhooks import CHANGES, Update, moment, updates
from engage.models import Author, Event, EventKind, Message, Surface

PRODUCT = "instagram"
LIVE = "live:"  # before the id of a broadcast: the conversation with everybody there
_SURFACES = {"comments": Surface.COMMENT, "live_comments": Surface.LIVE}


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """A delivery of Instagram's, whole or one update of it. Raises Malformed."""
    if told := revoked(payload):
        return told
    product = text(payload, "object")
    if product != PRODUCT:
        return [ignored(f"it is about {product!r}")]
    return [_event(update, account_user_id) for update in updates(payload)]


def _event(update: Update, account_user_id: str) -> Event:
    if account_user_id and update.account != account_user_id:
        return ignored("it is for another account")
    if update.kind != CHANGES:
        return direct(update, update.account)
    field = text(update.item, "field")
    if field not in _SURFACES:
        return ignored(f"nothing to do for {field!r}")
    return _comment(update, _SURFACES[field])


def _comment(update: Update, surface: Surface) -> Event:
    message = _message(update, get(update.item, "value"), surface)
    if message.author.is_self:
        # Instagram does not say which app wrote it: intake finds out whether it was ours.
        return Event(EventKind.TAKEOVER, surface, message)
    return Event(EventKind.MESSAGE, surface, message) if message.text else ignored("it holds no text", message)


def _message(update: Update, value: Any, surface: Surface) -> Message:
    comment, media = id_of(value, "id"), id_of(value, "media", "id")
    parent = id_or_none(value, "parent_id")
    # Beside the account's own id stands the one that it has for our app, and beside nobody else's.
    own = id_or_none(value, "from", "self_ig_scoped_id") is not None
    author_id = update.account if own else id_of(value, "from", "id")
    is_self = author_id == update.account
    return Message(
        id=comment,
        conversation_id=f"{LIVE}{media}" if surface is Surface.LIVE else f"{media}:{parent or comment}",
        surface=surface,
        author=Author(author_id, text_or_none(value, "from", "username") or "", is_self=is_self),
        text=text_or_none(value, "text") or "",
        # A webhook tells no time of the comment itself; what was polled does.
        sent_at=moment(value, "timestamp") if "timestamp" in value else update.sent_at,
        # Every reply hangs on the first comment, whichever it answers: of our own it says nothing.
        reply_to_id=None if is_self else parent,
        post_id=media,
        post_text=text_or_none(value, "media", "caption"),
    )
