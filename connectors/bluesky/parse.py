"""Notifications, own posts and entries of the chat log in normal form. Pure.

Only who asks the account is answered: a mention of it, or a reply to one of its own posts. A quote, or a reply to
somebody else in its thread, asks nothing of it (https://docs.bsky.app/docs/starter-templates/bots: opt-in).
"""

from typing import Any

from connectors.bluesky.records import POST, owner
from connectors.fields import get, items, mapping, text, text_or_none, time, yes
from connectors.gaps import gap_in
from engage.models import Author, Event, EventKind, Message, Surface

ROOT, CONVO = "engage.root", "engage.convo"  # what `looks` adds to a payload: a post's text, a conversation
NEW_MESSAGE, DELETED_MESSAGE = "logCreateMessage", "logDeleteMessage"
BOT = "bot"  # the label of automated accounts


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One notification, own record or entry of the chat log as an event. Raises Malformed.

    account_user_id: the account's DID; '' takes the owner of the post that a notification is about.
    """
    if (gap := gap_in(payload)) is not None:
        return [gap]
    if text_or_none(payload, "reason") is not None:
        return [_notification(payload, account_user_id or owner(text_or_none(payload, "reasonSubject") or ""))]
    if isinstance(get(payload, "value"), dict):
        return [_own_post(payload, account_user_id or owner(text(payload, "uri")))]
    return [_logged(payload, account_user_id)]


def root_of(notification: Any) -> str:
    """The post that the thread of a notification's post hangs from; '' where that is itself."""
    uri = get(notification, "record", "reply", "root", "uri")
    return uri if isinstance(uri, str) else ""


def is_direct_known(entry: Any, did: str) -> bool:
    """Whether an entry of the log tells by itself if more than two talk there, or need not."""
    sender = get(entry, "message", "sender", "did")
    return sender == did or CONVO in entry or isinstance(get(_profile(entry, sender), "kind", "$type"), str)


def _notification(payload: Any, own: str) -> Event:
    reason = text(payload, "reason")
    if reason not in ("mention", "reply", "quote") or get(payload, "record", "$type") != POST:
        return _ignored(f"nothing to do for a notification of {reason!r}")
    message = _heard(payload, own)
    if message.author.is_self:
        return _ignored("the account's own post", message)
    if reason == "quote":
        return _ignored("a quote does not ask the account", message)
    if reason == "reply" and owner(message.reply_to_id or "") != own:
        return _ignored("it answers somebody else in the account's thread", message)
    if yes(payload, "author", "viewer", "muted") or text_or_none(payload, "author", "viewer", "blocking"):
        return _ignored("the account has muted or blocked its author", message)
    return Event(EventKind.MESSAGE, Surface.COMMENT, message)


def _heard(payload: Any, own: str) -> Message:
    """A follower's post. Its time is the server's: what a record claims of itself may be any."""
    uri, author, record = text(payload, "uri"), _author(mapping(payload, "author"), own), mapping(payload, "record")
    root, parent = _thread(record, uri)
    return Message(
        id=uri,
        conversation_id=f"{root}|{author.id}",
        surface=Surface.COMMENT,
        author=author,
        text=text(record, "text", empty=True),
        sent_at=time(payload, "indexedAt"),
        reply_to_id=parent,
        post_id=root,
        post_text=text_or_none(payload, ROOT),
    )


def _own_post(payload: Any, own: str) -> Event:
    """A record of the account's repository. Who wrote it, a person or we, the record does not tell."""
    uri, record = text(payload, "uri"), mapping(payload, "value")
    if owner(uri) != own or get(record, "$type") != POST:
        return _ignored("no post of this account")
    root, parent = _thread(record, uri)
    asked = owner(parent or "")
    if not asked:
        return _ignored("a post of the account's own that answers nobody")
    message = Message(
        id=uri,
        # Under a post of its own: only the ledger knows whether that was a reply of ours, and to whom.
        conversation_id=f"{root}|{asked}" if asked != own else "",
        surface=Surface.COMMENT,
        author=Author(own, is_self=True),
        text=text(record, "text", empty=True),
        sent_at=time(record, "createdAt"),
        reply_to_id=parent,
        post_id=root,
    )
    return Event(EventKind.TAKEOVER, Surface.COMMENT, message)


def _thread(record: Any, uri: str) -> tuple[str, str | None]:
    """The first post of a thread, and the one that is answered; a post that answers none begins its own."""
    if text_or_none(record, "reply", "parent", "uri") is None:
        return uri, None
    return text(record, "reply", "root", "uri"), text(record, "reply", "parent", "uri")


def _logged(payload: Any, own: str) -> Event:
    kind = text(payload, "$type").rpartition("#")[2]
    if kind not in (NEW_MESSAGE, DELETED_MESSAGE):
        return _ignored(f"nothing to do for {kind!r} of the chat log")
    if get(payload, CONVO) is None:
        return _ignored("its conversation is not there any more")
    shown = text_or_none(payload, "message", "$type") or "#messageView"
    if shown.endswith("#systemMessageView"):
        return _ignored("the service's own words in a group")
    gone = kind == DELETED_MESSAGE or shown.endswith("#deletedMessageView")
    message = _told(payload, own, gone=gone)
    if _is_group(payload, message.author.id):
        return _ignored("it is a group: only conversations of two are answered", message)
    if message.author.is_self:
        state = EventKind.STATUS if gone else EventKind.TAKEOVER
        return Event(state, Surface.DM, message, "the account deleted its own message" if gone else "")
    return Event(EventKind.DELETED if gone else EventKind.MESSAGE, Surface.DM, message)


def _told(payload: Any, own: str, *, gone: bool) -> Message:
    sender = text(payload, "message", "sender", "did")
    return Message(
        id=text(payload, "message", "id"),
        conversation_id=f"dm:{text(payload, 'convoId')}",
        surface=Surface.DM,
        author=_author({**_profile(payload, sender), "did": sender}, own),
        text="" if gone else text(payload, "message", "text", empty=True),
        sent_at=time(payload, "message", "sentAt"),
        reply_to_id=text_or_none(payload, "message", "replyTo", "id"),
    )


def _profile(payload: Any, did: Any) -> dict[str, Any]:
    """What an entry of the log says of somebody."""
    told = [*items(payload, "relatedProfiles"), *items(payload, CONVO, "members")]
    return next((one for one in told if isinstance(one, dict) and one.get("did") == did), {})


def _is_group(payload: Any, did: str) -> bool:
    if str(get(payload, CONVO, "kind", "$type")).endswith("#groupConvo"):
        return True
    return "group" in str(get(_profile(payload, did), "kind", "$type")).rpartition("#")[2].lower()


def _author(profile: dict[str, Any], own: str) -> Author:
    did = text(profile, "did")
    labels = (one for one in items(profile, "labels") if isinstance(one, dict))
    return Author(
        id=did,
        name=text_or_none(profile, "displayName") or text_or_none(profile, "handle") or "",
        is_self=did == own,
        # The label counts where the account gave it itself, and did not take it off again.
        is_bot=any((one.get("val"), one.get("src"), one.get("neg") is True) == (BOT, did, False) for one in labels),
    )


def _ignored(reason: str, message: Message | None = None) -> Event:
    return Event(EventKind.IGNORED, message.surface if message else None, message, reason)
