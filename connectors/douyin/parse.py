"""Douyin's events, what its polls found, and the comments of a live push, in normal form. Pure."""

from collections.abc import Callable
from typing import Any

from connectors.douyin import dms
from connectors.douyin.contents import content_of, ignored, moment
from connectors.douyin.names import LIVE_COMMENT, POLLED_COMMENT, live_room, thread, thread_parts
from connectors.fields import id_of, id_or_none, items, text, text_or_none
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

_BOTH_SIDES = ("item_comment_reply", "im_recall_msg")
_SENDERS = ("im_send_msg", "authorize", "unauthorize", "contract_authorize", "contract_unauthorize")


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
    above = id_or_none(content, "reply_to_comment_id")  # `parent_id` is the first one of the thread, on every level
    place = thread(item_id, id_or_none(content, "parent_id") or above or comment_id)
    who = Author(author, text_or_none(content, "nick_name") or "", account in (sender, author))
    return _comment(content, account, who, place, above)


def _polled(payload: Any, account: str) -> Event:
    """A row of a list of comments, with the video and the thread where it stands."""
    content, owner = content_of(payload), id_of(payload, "to_user_id")
    if owner != (account or owner):
        return ignored("it is for another account")
    item_id, root, author = id_of(payload, "item", "id"), id_of(payload, "root"), id_of(content, "comment_user_id")
    above = root if root != id_of(content, "comment_id") else None  # a list tells no more than the thread
    who = Author(author, text_or_none(content, "nickname") or "", author == owner)
    return _comment(content, owner, who, thread(item_id, root), above, text_or_none(payload, "item", "title"))


def _comment(
    content: Any, account: str, author: Author, place: str, above: str | None, title: str | None = None
) -> Event:
    said = text_or_none(content, "content") or ""
    message = Message(
        id=id_of(content, "comment_id"),
        conversation_id=place,
        surface=Surface.COMMENT,
        author=Author(account, author.name, is_self=True) if author.is_self else author,
        text=said,
        sent_at=moment(content, "create_time"),
        reply_to_id=None if author.is_self else above,
        post_id=thread_parts(place)[0],
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
    if event == "contract_unauthorize":
        scopes = " ".join(str(one) for one in items(content_of(payload), "scopes")) or "a part of the access"
        return Event(EventKind.STATUS, reason=f"the creator took back {scopes}: connect the account again for it")
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
    "contract_authorize": _access,
    "contract_unauthorize": _access,
    "verify_webhook": _challenge,
}
