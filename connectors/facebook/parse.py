"""Facebook's events in normal form. Pure."""

from typing import Any

from connectors.fields import get, id_of, id_or_none, text, text_or_none
from connectors.meta_deauthorization import revoked
from connectors.meta_messages import direct, ignored, name_of
from connectors.meta_webhooks import CHANGES, Update, moment, updates
from engage.models import Author, Event, EventKind, Message, Surface

PRODUCT = "page"
_VERBS = {"edited": EventKind.EDITED, "edit": EventKind.EDITED, "remove": EventKind.DELETED}
_SEEN = {"hide": "it was hidden", "unhide": "it was shown again"}


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """A delivery about Pages, whole or one update of it. Raises Malformed."""
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
    if field != "feed":
        return ignored(f"nothing to do for {field!r}")
    value = get(update.item, "value")
    item, verb = text(value, "item"), text(value, "verb")
    if item != "comment" or verb not in ("add", *_VERBS, *_SEEN):
        return ignored(f"nothing to do for {item} {verb}")
    return _comment(value, verb, update)


def _comment(value: Any, verb: str, update: Update) -> Event:
    message = _message(value, verb, update)
    if verb in _SEEN:
        return Event(EventKind.STATUS, Surface.COMMENT, message, _SEEN[verb]) if message.author.id else _untold()
    if verb == "remove" and not message.author.is_self:
        return Event(EventKind.DELETED, Surface.COMMENT, message)
    if not message.author.id:
        return _untold()
    if message.author.is_self:
        # Facebook does not say which app wrote it: intake finds out whether it was ours.
        kind = EventKind.TAKEOVER if verb == "add" else EventKind.STATUS
        return Event(kind, Surface.COMMENT, message, "" if verb == "add" else f"the Page's own comment: {verb}")
    if verb == "add" and not message.text:
        return ignored("it holds no text", message)
    return Event(_VERBS.get(verb, EventKind.MESSAGE), Surface.COMMENT, message)


def _untold() -> Event:
    return ignored("its author is not told: the permission pages_read_user_content is missing")


def _message(value: Any, verb: str, update: Update) -> Message:
    comment, post = id_of(value, "comment_id"), id_of(value, "post_id")
    parent = id_or_none(value, "parent_id")
    parent = None if parent == post else parent  # a comment on the post itself
    author_id = id_or_none(value, "from", "id") or ""
    is_self = author_id == update.account
    return Message(
        id=comment,
        conversation_id=f"{post}:{parent or comment}" if author_id else "",
        surface=Surface.COMMENT,
        author=Author(author_id, name_of(value, "from"), is_self=is_self),
        text="" if verb == "remove" else text_or_none(value, "message") or "",
        sent_at=moment(value, "created_time"),
        # A reply to a reply hangs on the first comment as well: of our own it says nothing.
        reply_to_id=None if is_self else parent,
        post_id=post,
        post_text=text_or_none(value, "post", "message"),
    )
