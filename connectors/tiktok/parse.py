"""TikTok's events, and what its polls found, in normal form. Pure.

A webhook about a new comment names no author that could be told from the creator, so it is only noted: the poll brings
the comment with TikTok's word whether the owner of the video wrote it. Why, is in README.md under Webhooks.
"""

import json
from collections.abc import Callable
from typing import Any

from connectors.fields import epoch, get, id_of, id_or_none, mapping, text, text_or_none
from connectors.tiktok.names import POLLED_COMMENT, POLLED_MESSAGE, comment_name
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_HIDDEN = ("set_to_hidden", "set_to_friends_only")
_BY_DEVELOPER = 5  # reason of authorization.removed
_NOTED = ("insert", "set_to_public")


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of TikTok, or one thing that a poll found. Raises Malformed."""
    event, owner = text(payload, "event"), id_of(payload, "user_openid")
    if owner != (account_user_id or owner):
        return [_ignored("it is for another account")]
    if event in _READERS:
        return [_READERS[event](_content(payload), owner)]
    return [_ignored(f"nothing to do for {event!r}")]


def _content(payload: Any) -> dict[str, Any]:
    """The inner payload: TikTok writes it as JSON inside a string."""
    content = get(payload, "content")
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            raise Malformed("content: it is not JSON") from None
    return mapping({"content": content}, "content")


# comments ---------------------------------------------------------------------------------------------------------


def _updated(content: Any, owner: str) -> Event:
    """comment.update. Of what is gone only the id is told: the author may be the creator."""
    name = comment_name(id_of(content, "video_id"), id_of(content, "comment_id"))
    action, at = text(content, "comment_action"), epoch(content, "timestamp")
    if action == "delete" or action in _HIDDEN:
        return Event(EventKind.DELETED, Surface.COMMENT, Message(name, "", Surface.COMMENT, Author(""), "", at))
    if action in _NOTED:
        return Event(EventKind.STATUS, Surface.COMMENT, reason=f"{action} of comment {name}: the poll reads it")
    return Event(EventKind.IGNORED, Surface.COMMENT, reason=f"nothing to do for {action!r} of a comment")


def _comment(content: Any, owner: str) -> Event:
    """A comment or reply as `comment/list` has it, with the thread and the video where it stands."""
    comment, surface = mapping(content, "comment"), Surface.COMMENT
    is_self = get(comment, "owner")
    if not isinstance(is_self, bool):
        raise Malformed("comment.owner: it must say whether the creator wrote it")
    if text(comment, "status") != "PUBLIC":
        return Event(EventKind.IGNORED, surface, reason="it is hidden, and is read again once it is public")
    message = _comment_message(content, owner if is_self else id_of(comment, "unique_identifier"), is_self)
    if is_self:
        return Event(EventKind.TAKEOVER, surface, message)
    if not message.text:
        return Event(EventKind.IGNORED, surface, reason="a comment without text")
    return Event(EventKind.MESSAGE, surface, message)


def _comment_message(content: Any, author_id: str, is_self: bool) -> Message:
    comment = mapping(content, "comment")
    video_id, comment_id, root = id_of(comment, "video_id"), id_of(comment, "comment_id"), id_of(content, "root")
    # Which reply of a thread the creator answered TikTok does not tell: only the thread.
    answers = root if comment_id != root and not is_self else None
    return Message(
        id=comment_name(video_id, comment_id),
        conversation_id=comment_name(video_id, root),
        surface=Surface.COMMENT,
        author=Author(author_id, _name(comment, "username", "display_name"), is_self),
        text=text_or_none(comment, "text") or "",
        sent_at=epoch(comment, "create_time"),
        reply_to_id=comment_name(video_id, answers) if answers else None,
        post_id=video_id,
        post_text=text_or_none(content, "caption"),
    )


# direct messages --------------------------------------------------------------------------------------------------


def _received(content: Any, owner: str) -> Event:
    return _said(content, owner, is_self=False)


def _sent(content: Any, owner: str) -> Event:
    return _said(content, owner, is_self=True)


def _polled(content: Any, owner: str) -> Event:
    return _said(mapping(content, "message"), owner, is_self=False)


def _said(said: Any, owner: str, *, is_self: bool) -> Event:
    """A message of either side: webhooks and lists name the same fields differently, and write them in other cases."""
    sender, role = id_of(said, "from_user", "id"), text(said, "from_user", "role").lower()
    is_self = is_self or role == "business_account" or sender == owner
    kind = (text_or_none(said, "type") or text(said, "message_type")).lower()
    if kind == "reaction" or (kind != "text" and not is_self):
        return Event(EventKind.IGNORED, Surface.DM, reason=f"a message of type {kind!r} has no words to answer")
    message = Message(
        id=id_of(said, "message_id"),
        conversation_id=text(said, "conversation_id"),
        surface=Surface.DM,
        author=Author(owner if is_self else sender, _name(said, "from", "sender"), is_self),
        text=text(said, "text", "body", empty=True) if kind == "text" else "",
        sent_at=epoch(said, "timestamp", per_second=1000),
        reply_to_id=id_or_none(said, "referenced_message_info", "referenced_message_id"),
    )
    return _own(said, message) if is_self else Event(EventKind.MESSAGE, Surface.DM, message)


def _own(said: Any, message: Message) -> Event:
    """Whose hand it was: TikTok's automatic answers, an app's, or the creator's."""
    if automatic := text_or_none(said, "auto_message_type"):
        return Event(EventKind.IGNORED, Surface.DM, reason=f"TikTok's own automatic message ({automatic})")
    by_app = (text_or_none(said, "message_tag", "source") or "").upper() == "API"
    return Event(EventKind.ECHO if by_app else EventKind.TAKEOVER, Surface.DM, message)


def _without_words(content: Any, owner: str) -> Event:
    at = epoch(content, "timestamp", per_second=1000).isoformat(timespec="seconds")
    return Event(
        EventKind.STATUS,
        Surface.DM,
        reason=f"somebody in the EEA, Switzerland or the UK wrote at {at}: the poll reads it",
    )


def _revoked(content: Any, owner: str) -> Event:
    reason = get(content, "reason")
    if reason == _BY_DEVELOPER:  # it may come days later, when the account is connected again
        return Event(EventKind.STATUS, reason="the access was given back from here")
    return Event(EventKind.REVOKED, reason=f"the creator withdrew the access (reason {reason})")


def _name(said: Any, *keys: str) -> str:
    return next((name for key in keys if (name := text_or_none(said, key))), "")


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


_READERS: dict[str, Callable[[Any, str], Event]] = {
    "comment.update": _updated,
    POLLED_COMMENT: _comment,
    "im_receive_msg": _received,
    "im_receive_msg_eu": _without_words,
    "im_send_msg": _sent,
    POLLED_MESSAGE: _polled,
    "authorization.removed": _revoked,
}
