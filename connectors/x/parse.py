"""Events of the X Activity API in normal form. Pure.

https://docs.x.com/x-api/activity/event-payloads. `engage` beside `data` is ours: `heard_at`, and `reply_rule` of the
application. The rule decides which posts may be answered at all, so it stands with the event.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.fields import MISSING, epoch, get, id_of, id_or_none, items, mapping, text, text_or_none, time
from connectors.gaps import gap_in
from connectors.x import posts
from connectors.x.posts import POST
from engage.errors import Malformed
from engage.models import Author, Event, EventKind, Message, Surface

DM = "dm:"  # of conversations (dm:<follower>) and of messages
CHAT = "broadcast:"  # conversations are broadcast:<id>, messages <broadcast>:<number>
ALL = "all"
PROTECTED = "its author's posts are protected: an answer in public would tell of them"
NOT_SUMMONED = "its author neither @mentions the account in their own words nor quotes it: X wants to be asked"
# A post's id holds its time: milliseconds since then, above 22 other bits.
_EPOCH_MS, _TIME_SHIFT = 1_288_834_974_657, 22


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """The events of one delivery; '' stands for the account that it names. Raises Malformed."""
    if lost := gap_in(payload):
        return [lost]
    kind = text(payload, "data", "event_type")
    account = account_of(payload)
    if not account or (account_user_id and account != account_user_id):
        return [_ignored("it is for another account" if account else f"{kind!r} names no account")]
    read = _READERS.get(kind)
    mapping(payload, "data", "payload")
    return read(payload, account) if read else [_ignored(f"nothing to do for {kind!r}")]


def account_of(payload: Any) -> str:
    """The user whose subscription brought it, or of whom it tells; '' where it names nobody. Raises Malformed."""
    subscribed = id_or_none(payload, "data", "filter", "user_id")
    return subscribed or id_or_none(payload, "data", "payload", "user_id") or ""


def _asked(payload: Any, account: str) -> list[Event]:
    """A post that mentions, answers or quotes the account."""
    post, includes = _parts(payload)
    author = id_of(post, "author_id")
    if author == account:
        return _own(payload, account)
    if posts.is_repost(post):
        return [_ignored("it passes another post on, and says nothing itself")]
    if get(posts.user_of(author, includes), "protected") is True:
        return [_ignored(PROTECTED)]
    quotes = text(payload, "data", "event_type") == "post.quote.create"
    summoned = quotes or posts.is_summons(post, account, includes)
    if not summoned and text_or_none(payload, "engage", "reply_rule") != ALL:
        return [_ignored(NOT_SUMMONED)]
    kind = EventKind.EDITED if posts.is_edit(post) else EventKind.MESSAGE
    return [Event(kind, Surface.COMMENT, _message(post, includes, author, _author(author, payload, account)))]


def _own(payload: Any, account: str) -> list[Event]:
    """A post of the account's own: ours or the creator's, which X does not tell apart."""
    post, includes = _parts(payload)
    follower = posts.answered_user(post, includes)
    if id_of(post, "author_id") != account or posts.is_repost(post) or follower in (None, account):
        return [_ignored("the account's own post, which answers nobody")]
    message = _message(post, includes, str(follower), _author(account, payload, account))
    return [Event(EventKind.TAKEOVER, Surface.COMMENT, message)]


def _message(post: Any, includes: Any, follower: str, author: Author) -> Message:
    thread, own_id = posts.thread_of(post), posts.first_id(post)
    root = posts.included(thread if thread != own_id else posts.quoted_id(post), includes)
    return Message(
        id=own_id,
        conversation_id=f"{POST}{thread}:{follower}",
        surface=Surface.COMMENT,
        author=author,
        text=posts.words_of(post),
        sent_at=time(post, "created_at"),
        reply_to_id=posts.answered_id(post),
        post_id=thread,
        post_text=posts.words_of(root) if root else None,
    )


def _parts(payload: Any) -> tuple[Any, Any]:
    includes = get(payload, "data", "includes")
    return mapping(payload, "data", "payload"), includes if includes is not MISSING else {}


def _author(user_id: str, payload: Any, account: str) -> Author:
    return _person(user_id, posts.user_of(user_id, _parts(payload)[1]), account)


def _person(user_id: str, user: Any, account: str) -> Author:
    """X marks accounts whose owners say that they are automated."""
    name = text_or_none(user, "username") or text_or_none(user, "name") or ""
    automated = text_or_none(user, "affiliation", "description") == "Automated"
    return Author(user_id, name, is_self=user_id == account, is_bot=automated and user_id != account)


def _removed(payload: Any, account: str) -> list[Event]:
    """A post of the account's own was deleted. X tells nobody about the deletions of others."""
    post, _ = _parts(payload)
    own_id, author = id_of(post, "id"), id_of(post, "author_id")
    if author != account:
        return [_ignored("somebody else's post was deleted")]
    message = Message(own_id, "", Surface.COMMENT, Author(author, is_self=True), "", _minted(own_id))
    return [Event(EventKind.DELETED, Surface.COMMENT, message)]


def _minted(post_id: str) -> datetime:
    """When a post was written, by its id."""
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(post_id) >> _TIME_SHIFT) + _EPOCH_MS)
    except (ValueError, OverflowError):
        raise Malformed("data.payload.id: expected the id of a post") from None


def _wrote(payload: Any, account: str) -> list[Event]:
    """Direct messages, received or sent."""
    rows = items(payload, "data", "payload", "direct_message_events")
    users = get(payload, "data", "payload", "users")
    return [_dm(row, users, account) for row in rows] or [_ignored("it holds no message")]


def _dm(row: Any, users: Any, account: str) -> Event:
    if (kind := text(row, "type")) != "message_create":
        return _ignored(f"nothing to do for {kind!r}")
    sender = id_of(row, "message_create", "sender_id")
    recipient = id_of(row, "message_create", "target", "recipient_id")
    own = sender == account
    if not own and recipient != account:
        return _ignored("it is for somebody else")
    said = mapping(row, "message_create", "message_data")
    message = Message(
        id=DM + id_of(row, "id"),
        conversation_id=DM + (recipient if own else sender),
        surface=Surface.DM,
        author=_person(sender, get(users, sender, "data"), account),
        text=_written(said),
        sent_at=epoch(row, "created_timestamp", per_second=1000),
    )
    return Event(EventKind.TAKEOVER if own else EventKind.MESSAGE, Surface.DM, message)


def _written(said: Any) -> str:
    """The words of a direct message, without the link that X adds for a picture."""
    shown = text_or_none(said, "attachment", "media", "url") or "\0"
    return posts.plain(text(said, "text", empty=True).replace(shown, ""), items(said, "entities", "urls"))


def _chatted(payload: Any, account: str) -> list[Event]:
    """A line in the chat of a broadcast. Its number is its time, in nanoseconds."""
    said = mapping(payload, "data", "payload")
    broadcast, author = id_of(said, "broadcast_id"), id_of(said, "author", "data", "id")
    parent = id_or_none(said, "reply_to")
    sent_at = epoch(said, "message_id", per_second=10**9)
    if get(payload, "engage", "heard_at") is not MISSING:
        sent_at = min(sent_at, time(payload, "engage", "heard_at"))
    message = Message(
        id=f"{broadcast}:{id_of(said, 'message_id')}",
        conversation_id=CHAT + broadcast,
        surface=Surface.LIVE,
        author=_person(author, get(said, "author", "data"), account),
        text=posts.plain(text(said, "message", empty=True), ()),
        sent_at=sent_at,
        reply_to_id=f"{broadcast}:{parent}" if parent else None,
    )
    own = author == account
    return [Event(EventKind.TAKEOVER if own else EventKind.MESSAGE, Surface.LIVE, message)]


def _withdrawn(payload: Any, account: str) -> list[Event]:
    return [Event(EventKind.REVOKED, reason="the access was withdrawn on X")]


def _sealed(payload: Any, account: str) -> list[Event]:
    return [_ignored("an encrypted chat: only the person's own devices can read it")]


def _ignored(reason: str) -> Event:
    return Event(EventKind.IGNORED, reason=reason)


_READERS: dict[str, Callable[[Any, str], list[Event]]] = {
    "post.mention.create": _asked,
    "post.reply.create": _asked,
    "post.quote.create": _asked,
    "post.create": _own,
    "post.delete": _removed,
    "dm.received": _wrote,
    "dm.sent": _wrote,
    "broadcast.chat": _chatted,
    "chat.received": _sealed,
    "chat.sent": _sealed,
    "oauth.revoke": _withdrawn,
}
