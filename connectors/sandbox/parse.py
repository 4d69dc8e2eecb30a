"""The sandbox's events in normal form. Pure; every field that is needed is checked and named where it is wrong."""

from datetime import datetime
from typing import Any

from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_SURFACES = frozenset(surface.value for surface in Surface)
_CREATED = "created"
_CHANGED = {"edited": EventKind.EDITED, "deleted": EventKind.DELETED}
_MISSING = object()


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of the sandbox as one of ours; '' stands for the account that the event is for. Raises Malformed."""
    kind = _text(payload, "type")
    account_user_id = account_user_id or _text(payload, "account", "id")
    if _text(payload, "account", "id") != account_user_id:
        return [_ignored("it is for another account")]
    if kind == "account.revoked":
        return [Event(EventKind.REVOKED, reason=_text_or_none(payload, "data", "reason") or "revoked on the platform")]
    surface, _, verb = kind.partition(".")
    if surface not in _SURFACES or verb not in (_CREATED, *_CHANGED):
        return [_ignored(f"nothing to do for {kind!r}")]
    return [_about(_message(payload, Surface(surface), account_user_id, verb), payload, verb)]


def _about(message: Message, payload: Any, verb: str) -> Event:
    """What happened to a message, and whose it is: a follower's, the creator's own, or an app's."""
    app_id = _text_or_none(payload, "data", "app_id")
    if app_id is not None and app_id != _text(payload, "account", "app_id"):
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
    author_id = _text(payload, "data", "author", "id")
    on_a_post = surface is Surface.COMMENT
    return Message(
        id=_text(payload, "data", "id"),
        conversation_id=_text(payload, "data", "conversation_id"),
        surface=surface,
        author=Author(
            id=author_id,
            name=_text_or_none(payload, "data", "author", "name") or "",
            # What an app posts for the account is the account's, whoever it says wrote it.
            is_self=author_id == account_user_id or _text_or_none(payload, "data", "app_id") is not None,
            is_bot=_get(payload, "data", "author", "is_bot") is True,
        ),
        text="" if verb == "deleted" else _text(payload, "data", "text"),
        sent_at=_time(payload, "data", "sent_at"),
        reply_to_id=_text_or_none(payload, "data", "reply_to"),
        post_id=_text(payload, "data", "post", "id") if on_a_post else None,
        post_text=_text_or_none(payload, "data", "post", "text") if on_a_post else None,
    )


def _get(payload: Any, *path: str) -> Any:
    """The value at `path`, or `_MISSING`."""
    value = payload
    for key in path:
        value = value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def _text(payload: Any, *path: str) -> str:
    value = _text_or_none(payload, *path)
    if value is None or (not value and path[-1] != "text"):
        raise Malformed(f"{'.'.join(path)}: it is missing")
    return value


def _text_or_none(payload: Any, *path: str) -> str | None:
    value = _get(payload, *path)
    if value is _MISSING or value is None:
        return None
    if not isinstance(value, str):
        raise Malformed(f"{'.'.join(path)}: expected a string, not {type(value).__name__}")
    return value


def _time(payload: Any, *path: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(_text(payload, *path))
    except ValueError:
        raise Malformed(f"{'.'.join(path)}: expected an ISO 8601 time") from None
    if parsed.tzinfo is None:
        raise Malformed(f"{'.'.join(path)}: the time has no offset from UTC")
    return parsed
