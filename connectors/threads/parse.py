"""Threads' events in normal form. Pure.

A webhook tells no ids of people but the owner's of the thread: followers are known by their names.
"""

from collections.abc import Mapping
from typing import Any

from connectors.fields import get, id_of, id_or_none, mapping, text, text_or_none
from connectors.meta_deauthorization import revoked
from connectors.meta_webhooks import moment
from engage.models import Author, Event, EventKind, Message, Surface

PRODUCT = "threads"
REPLIES, MENTIONS, DELETE, PUBLISH = "replies", "mentions", "delete", "publish"
ACCOUNT = "engage.account"  # beside what a poll found: whose look it was
NAMED = "@"  # before a name that stands for an id
_SHOWN = frozenset({"NOT_HUSHED", "UNHUSHED"})  # of hide_status; the others are hidden from readers
_UNTOLD = "of an own reply it does not tell whom it answers: the next poll does"


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """A delivery of Threads', or what a poll found. Raises Malformed."""
    if told := revoked(payload):
        return told
    text(payload, "topic")
    return [_event(payload, change, account_user_id) for change in changes(payload)]


def changes(payload: Any) -> list[Any]:
    """What a delivery holds: Threads sends one, Meta's other products lists of them. Raises Malformed."""
    told = get(payload, "values")
    if isinstance(told, list):
        return told
    return [mapping(payload, "values")]


def account_of(payload: Any, change: Any) -> str:
    """The account that a change is for. Raises Malformed.

    `target_id` is the mentioned account, but of a reply it is the post: there the thread's owner is told.
    """
    owners = {REPLIES: ("root_post", "owner_id"), DELETE: ("owner", "owner_id"), PUBLISH: ("owner", "owner_id")}
    path = owners.get(text(change, "field"), ())
    owner = id_or_none(change, "value", *path) if path else None
    return id_or_none(payload, ACCOUNT) or owner or id_of(payload, "target_id")


def wrote_it(change: Any, account: str) -> bool | None:
    """Whether the account itself wrote what a change tells; None where nobody can know. Raises Malformed."""
    value = mapping(change, "value")
    told = get(value, "is_reply_owned_by_me")
    if isinstance(told, bool):
        return told
    if id_or_none(value, "root_post", "owner_id") == account:
        owner, name = text_or_none(value, "root_post", "username"), text(value, "username")
        return name.casefold() == owner.casefold() if owner else None
    # Only what another profile wrote is told as a mention.
    return False if text(change, "field") == MENTIONS else None


def is_untold(change: Any, account: str) -> bool:
    """Whether a poll will tell more of it: who wrote it, or whom the account answered. Raises Malformed."""
    if text(change, "field") not in (REPLIES, MENTIONS):
        return False
    own = wrote_it(change, account)
    return own is None or (own and text_or_none(change, "value", "replied_to", "username") is None)


def _event(payload: Any, change: Any, account_user_id: str) -> Event:
    field, account = text(change, "field"), account_of(payload, change)
    if account_user_id and account != account_user_id:
        return _ignored("it is for another account")
    if field == DELETE:
        return _deleted(mapping(change, "value"))
    if field == PUBLISH:
        return _ignored("of an own post it tells no words")
    if field not in (REPLIES, MENTIONS):
        return _ignored(f"nothing to do for {field!r}")
    return _written(payload, change, account)


def _written(payload: Any, change: Any, account: str) -> Event:
    value, own = mapping(change, "value"), wrote_it(change, account)
    if own is None:
        return _ignored("it does not tell whether the account wrote it")
    message = _message(payload, value, account if own else "")
    if own:
        return _ignored(_UNTOLD) if is_untold(change, account) else Event(EventKind.TAKEOVER, Surface.COMMENT, message)
    hidden = text_or_none(value, "hide_status") or "NOT_HUSHED"
    if hidden not in _SHOWN:
        return _ignored(f"it is hidden ({hidden})", message)
    if not message.text:
        return _ignored(f"it holds no text ({text_or_none(value, 'media_type') or 'no kind told'})", message)
    return Event(EventKind.MESSAGE, Surface.COMMENT, message)


def _message(payload: Any, value: Mapping[str, Any], own: str) -> Message:
    name, parent = text(value, "username"), id_or_none(value, "replied_to", "id")
    root = id_or_none(value, "root_post", "id") or parent or id_of(value, "id")
    # The conversation with one follower below one post; what the account itself wrote belongs to whom it answers.
    other = (text_or_none(value, "replied_to", "username") or "") if own else name
    return Message(
        id=id_of(value, "id"),
        conversation_id=f"{root}:{other}",
        surface=Surface.COMMENT,
        author=Author(own or f"{NAMED}{name}", name, is_self=bool(own)),
        text=text_or_none(value, "text") or "",
        sent_at=moment(value, "timestamp") if "timestamp" in value else moment(payload, "time"),
        reply_to_id=parent,
        post_id=root,
        post_text=text_or_none(value, "root_post", "text"),
    )


def _deleted(value: Mapping[str, Any]) -> Event:
    """Only the account's own are told of, and only by their ids."""
    at = moment(value, "deleted_at")
    name = text_or_none(value, "username") or ""
    message = Message(id_of(value, "id"), "", Surface.COMMENT, Author("", name, is_self=True), "", at)
    return Event(EventKind.DELETED, Surface.COMMENT, message)


def _ignored(reason: str, message: Message | None = None) -> Event:
    return Event(EventKind.IGNORED, message.surface if message else None, message, reason)
