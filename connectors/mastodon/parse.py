"""What Mastodon tells, as events in normal form. Pure.

A payload is what the stream sends, `{"event": …, "payload": …}`; a poll writes what it fetched in the same way.
"""

from datetime import UTC, datetime
from typing import Any

from connectors.fields import id_of, id_or_none, mapping, text, text_or_none, time
from connectors.gaps import gap_in
from connectors.mastodon.content import as_written, speaks_to, text_of, without_mention
from connectors.mastodon.people import addressee, author_id_of, author_of, is_mentioned, local_id, mentions_in
from engage.models import Author, Event, EventKind, Message, Surface

# The name under which Engage registers itself. A server shows it to the account itself (`Status.application`).
APP_NAME = "Engage"
DIRECT = "direct"
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # a deletion tells no more than an id


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of the stream as one of ours. Raises Malformed."""
    if event := gap_in(payload):
        return [event]
    kind, own = text(payload, "event"), local_id(account_user_id)
    if kind == "notification":
        return [_notified(payload, own)]
    if kind == "update":
        return [_posted(mapping(payload, "payload"), own)]
    if kind == "status.update":
        return [_edited(mapping(payload, "payload"), own)]
    if kind == "delete":
        return [_deleted(id_of(payload, "payload"))]
    return [_ignored(f"nothing to do for {kind!r}")]


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


def _notified(payload: Any, own: str) -> Event:
    kind = text(payload, "payload", "type")
    if kind != "mention":
        return _ignored(f"nothing to do for a notification of {kind!r}")
    status = mapping(payload, "payload", "status")
    if author_id_of(status) == own:
        return _posted(status, own)
    if _is_between_others(status, own):
        return _ignored("it answers somebody else, and only carries the account's name along")
    message = _message(status, own)
    if not message.text:
        return _ignored("there is nothing to read in it")
    return Event(EventKind.MESSAGE, message.surface, message)


def _posted(status: dict[str, Any], own: str) -> Event:
    """A status of the home timeline: only the account's own answers are of interest, ours or the creator's."""
    if isinstance(status.get("reblog"), dict):
        return _ignored("a boost")
    if author_id_of(status) != own:
        return _ignored("somebody else's post in the home timeline")
    if addressee(status, own) is None:
        return _ignored("a post of the account's own that answers nobody")
    message = _own_message(status, own)
    ours = text_or_none(status, "application", "name") == APP_NAME
    return Event(EventKind.ECHO if ours else EventKind.TAKEOVER, message.surface, message)


def _edited(status: dict[str, Any], own: str) -> Event:
    if author_id_of(status) == own:
        if addressee(status, own) is None:
            return _ignored("a post of the account's own that answers nobody was edited")
        message = _own_message(status, own)
        return Event(EventKind.STATUS, message.surface, message, "the account's own answer was edited")
    if not is_mentioned(status, own):
        return _ignored("somebody else's post that does not mention the account was edited")
    if _is_between_others(status, own):
        return _ignored("an answer to somebody else, which only carries the account's name along, was edited")
    message = _message(status, own)
    return Event(EventKind.EDITED, message.surface, message)


def _deleted(status_id: str) -> Event:
    gone = Message(status_id, "", Surface.COMMENT, Author(""), "", _UNKNOWN)
    return Event(EventKind.DELETED, gone.surface, gone)


# statuses -----------------------------------------------------------------------------------------------------------


def _is_between_others(status: dict[str, Any], own: str) -> bool:
    """Whether it answers a third person: whoever took part in a thread is mentioned in front by every client."""
    if id_or_none(status, "in_reply_to_account_id") in (None, own, author_id_of(status)):
        return False
    names = [name for identifier, name, _ in mentions_in(status) if identifier == own]
    return not any(speaks_to(_text(status), name) for name in names)


def surface_of(status: dict[str, Any]) -> Surface:
    """Whether only those who are mentioned can read it."""
    return Surface.DM if text(status, "visibility") == DIRECT else Surface.COMMENT


def own_text(status: dict[str, Any], own: str) -> str:
    """The words of a status of the account's own, as `send` was given them: without the mention in front."""
    written = _text(status)
    known = addressee(status, own)
    return as_written(without_mention(written, known[1]) if known and known[1] else written)


def _message(status: dict[str, Any], own: str) -> Message:
    """A follower's status; a content warning belongs to what they wrote."""
    warning = text_or_none(status, "spoiler_text") or ""
    surface, written = surface_of(status), _text(status)
    for identifier, name, _ in mentions_in(status):
        written = without_mention(written, name) if identifier == own else written
    parent = id_or_none(status, "in_reply_to_id")
    under_own = surface is Surface.COMMENT and id_or_none(status, "in_reply_to_account_id") == own
    return Message(
        id=id_of(status, "id"),
        conversation_id=f"{surface}:{author_id_of(status)}",
        surface=surface,
        author=author_of(status, own),
        text=f"{warning}\n{written}" if warning else written,
        sent_at=time(status, "created_at"),
        reply_to_id=parent,
        post_id=parent if under_own else None,
    )


def _own_message(status: dict[str, Any], own: str) -> Message:
    """It belongs to the conversation with whom it answers."""
    surface, known = surface_of(status), addressee(status, own)
    return Message(
        id=id_of(status, "id"),
        conversation_id=f"{surface}:{known[0] if known else ''}",
        surface=surface,
        author=author_of(status, own),
        text=own_text(status, own),
        sent_at=time(status, "created_at"),
        reply_to_id=id_or_none(status, "in_reply_to_id"),
    )


def _text(status: dict[str, Any]) -> str:
    names = {url: name for _, name, url in mentions_in(status) if url}
    return text_of(text(status, "content", empty=True), names)
