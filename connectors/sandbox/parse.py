"""The sandbox's events in normal form. Pure; every field that is needed is checked and named where it is wrong."""

from typing import Any

from connectors.fields import get, text, text_or_none, time
from engage.models import Author, Event, EventKind, Message, Surface

_SURFACES = frozenset(surface.value for surface in Surface)
_CREATED = "created"
_CHANGED = {"edited": EventKind.EDITED, "deleted": EventKind.DELETED}


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of the sandbox as one of ours; '' stands for the account that the event is for. Raises Malformed."""
    kind = text(payload, "type")
    account_user_id = account_user_id or text(payload, "account", "id")
    if text(payload, "account", "id") != account_user_id:
        return [_ignored("it is for another account")]
    if kind == "account.revoked":
        return [Event(EventKind.REVOKED, reason=text_or_none(payload, "data", "reason") or "revoked on the platform")]
    surface, _, verb = kind.partition(".")
    if surface not in _SURFACES or verb not in (_CREATED, *_CHANGED):
        return [_ignored(f"nothing to do for {kind!r}")]
    return [_about(_message(payload, Surface(surface), account_user_id, verb), payload, verb)]


def _about(message: Message, payload: Any, verb: str) -> Event:
    """What happened to a message, and whose it is: a follower's, the creator's own, or an app's."""
    app_id = text_or_none(payload, "data", "app_id")
    if app_id is not None and app_id != text(payload, "account", "app_id"):
        return Event(EventKind.IGNORED, message.surface, message, "another app of the creator wrote it")
    if verb == _CREATED:
        return Event(_author_kind(message, app_id), message.surface, message)
    if app_id is not None:
        return Event(EventKind.STATUS, message.surface, message, f"our own reply was {verb}")
    return Event(_CHANGED[verb], message.surface, message)


def _author_kind(message: Message, app_id: str | None) -> EventKind:
    if app_id is not None:
        return EventKind.ECHO
    return EventKind.TAKEOVER if message.author.is_self else EventKind.MESSAGE


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


def _message(payload: Any, surface: Surface, account_user_id: str, verb: str) -> Message:
    author_id = text(payload, "data", "author", "id")
    on_a_post = surface is Surface.COMMENT
    return Message(
        id=text(payload, "data", "id"),
        conversation_id=text(payload, "data", "conversation_id"),
        surface=surface,
        author=Author(
            id=author_id,
            name=text_or_none(payload, "data", "author", "name") or "",
            # What an app posts for the account is the account's, whoever it says wrote it.
            is_self=author_id == account_user_id or text_or_none(payload, "data", "app_id") is not None,
            is_bot=get(payload, "data", "author", "is_bot") is True,
        ),
        text="" if verb == "deleted" else text(payload, "data", "text", empty=True),
        sent_at=time(payload, "data", "sent_at"),
        reply_to_id=text_or_none(payload, "data", "reply_to"),
        post_id=text(payload, "data", "post", "id") if on_a_post else None,
        post_text=text_or_none(payload, "data", "post", "text") if on_a_post else None,
    )
