"""Douyin's events, what its polls found, and the comments of a live push, in normal form. Pure."""

from collections.abc import Callable
from typing import Any

from connectors.douyin import dms
from connectors.douyin.contents import content_of, ignored, moment
from connectors.douyin.names import LIVE_COMMENT, POLLED_COMMENT, live_room, thread
from connectors.fields import id_of, id_or_none, text, text_or_none
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_BOTH_SIDES = ("item_comment_reply", "im_recall_msg")
_SENDERS = ("im_send_msg", "authorize", "unauthorize")


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of Douyin, one thing a poll found, or one live comment. Raises Malformed."""
    event = text(payload, "event")
    if event in _READERS:
        return [_READERS[event](payload, account_user_id)]
    return [ignored(f"nothing to do for {event!r}")]


def accounts_of(payload: Any) -> list[str]:
    """Whom an event may be for: whose comment or withdrawal it is, is told by `parse`. Raises Malformed."""
    event = text(payload, "event")
    sender, receiver = id_or_none(payload, "from_user_id"), id_or_none(payload, "to_user_id")
    one_side = sender if event in _SENDERS else receiver or sender
    found = (receiver, sender) if event in _BOTH_SIDES else (one_side,)
    return list(dict.fromkeys(one for one in found if one))


# comments ---------------------------------------------------------------------------------------------------------


def _commented(payload: Any, account: str) -> Event:
    """item_comment_reply: a comment or a reply under a video of the account, by anybody."""
    content = content_of(payload)
    receiver, sender = id_or_none(payload, "to_user_id"), id_or_none(payload, "from_user_id")
    author = id_of(content, "comment_user_id")
    account = account or receiver or author
    if account not in (receiver, sender, author):
        return ignored("it is for another account")
    comment_id, item_id = id_of(content, "comment_id"), id_of(content, "reply_to_item_id")
    root = id_or_none(content, "reply_to_comment_id") or comment_id
    return _comment(content, account, Author(author, "", account in (sender, author)), thread(item_id, root))


def _polled(payload: Any, account: str) -> Event:
    """A row of a list of comments, with the video and the thread where it stands."""
    content, owner = content_of(payload), id_of(payload, "to_user_id")
    if owner != (account or owner):
        return ignored("it is for another account")
    place = thread(id_of(payload, "item", "id"), id_of(payload, "root"))
    author = id_of(content, "comment_user_id")
    who = Author(author, text_or_none(content, "nickname") or "", author == owner)
    return _comment(content, owner, who, place, text_or_none(payload, "item", "title"))


def _comment(content: Any, account: str, author: Author, place: str, title: str | None = None) -> Event:
    comment_id, said = id_of(content, "comment_id"), text_or_none(content, "content") or ""
    item_id, _, root = place.partition(" ")
    message = Message(
        id=comment_id,
        conversation_id=place,
        surface=Surface.COMMENT,
        author=Author(account, author.name, is_self=True) if author.is_self else author,
        text=said,
        sent_at=moment(content, "create_time"),
        # Which reply of a thread the creator answered is not told: only the thread.
        reply_to_id=root if comment_id != root and not author.is_self else None,
        post_id=item_id,
        post_text=title,
    )
    if author.is_self:
        return Event(EventKind.TAKEOVER, Surface.COMMENT, message)
    if not said:
        return Event(EventKind.IGNORED, Surface.COMMENT, reason="a comment without text")
    return Event(EventKind.MESSAGE, Surface.COMMENT, message)


# live, access -----------------------------------------------------------------------------------------------------


def _live(payload: Any, account: str) -> Event:
    """One comment of a live push. The host is told apart only where their id among viewers is known."""
    content, owner, room = content_of(payload), id_of(payload, "to_user_id"), id_of(payload, "room_id")
    if owner != (account or owner):
        return ignored("it is for another account")
    viewer = id_or_none(content, "sec_openid") or id_of(content, "sec_open_id")
    own = viewer in (owner, id_or_none(payload, "anchor"))
    message = Message(
        id=id_of(content, "msg_id"),
        conversation_id=live_room(room),
        surface=Surface.LIVE,
        author=Author(owner if own else viewer, text_or_none(content, "nickname") or "", own),
        text=text_or_none(content, "content") or "",
        sent_at=moment(content, "timestamp"),
    )
    if own:
        return Event(EventKind.TAKEOVER, Surface.LIVE, message)
    if not message.text:
        return Event(EventKind.IGNORED, Surface.LIVE, reason="a live comment without text")
    return Event(EventKind.MESSAGE, Surface.LIVE, message)


def _access(payload: Any, account: str) -> Event:
    event, who = text(payload, "event"), id_or_none(payload, "from_user_id")
    if not (who or account):
        raise Malformed("from_user_id: it is missing")
    if who != (account or who):
        return ignored("it is for another account")
    if event == "unauthorize":
        return Event(EventKind.REVOKED, reason="the creator withdrew the access (取消授权)")
    return Event(EventKind.STATUS, reason="the creator granted the access")


def _challenge(payload: Any, account: str) -> Event:
    return Event(EventKind.CHALLENGE)


_READERS: dict[str, Callable[[Any, str], Event]] = {
    "item_comment_reply": _commented,
    POLLED_COMMENT: _polled,
    "im_receive_msg": dms.received,
    "im_send_msg": dms.sent,
    "im_recall_msg": dms.recalled,
    LIVE_COMMENT: _live,
    "authorize": _access,
    "unauthorize": _access,
    "verify_webhook": _challenge,
}
