"""Conversations, followers and messages: who said what where."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from engage.ledger import facts
from engage.ledger.among import among
from engage.ledger.ids import new_id
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import conversations, followers, messages, replies, turns
from engage.models import Author, Line, Message, Role

HISTORY_LINES = 20
NAME_LENGTH = 200


def get_conversation(tx: Connection, account: Row[Any], message: Message, now: datetime) -> Row[Any]:
    """The conversation a message stands in, made at its first message."""
    key = (conversations.c.account_id == account.id, conversations.c.platform_id == message.conversation_id)
    row = tx.execute(select(conversations).where(*key)).first()
    if row is not None:
        return row
    tx.execute(insert_ignoring(tx, conversations).values(**conversation_row(account, message, now)))
    return tx.execute(select(conversations).where(*key)).one()


def conversation_row(account: Row[Any], message: Message, now: datetime) -> dict[str, Any]:
    """The conversation that begins with a message."""
    return {
        "id": new_id(),
        "creator_id": account.creator_id,
        "account_id": account.id,
        "platform_id": message.conversation_id,
        "surface": message.surface.value,
        "post_id": message.post_id,
        "post_text": message.post_text,
        "human_until": None,
        "created_at": now,
    }


def conversation_of(tx: Connection, conversation_id: str) -> Row[Any]:
    return tx.execute(select(conversations).where(conversations.c.id == conversation_id)).one()


def get_follower(tx: Connection, account: Row[Any], author: Author, now: datetime) -> Row[Any]:
    """The follower behind a platform user id; a changed display name is taken over."""
    name = author.name[:NAME_LENGTH]
    key = (followers.c.account_id == account.id, followers.c.platform_user_id == author.id)
    row = tx.execute(select(followers).where(*key)).first()
    if row is not None and (not name or row.name == name):
        return row
    if row is not None:
        tx.execute(update(followers).where(followers.c.id == row.id).values(name=name))
    else:
        tx.execute(insert_ignoring(tx, followers).values(**follower_row(account, author, now)))
    return tx.execute(select(followers).where(*key)).one()


def follower_row(account: Row[Any], author: Author, now: datetime) -> dict[str, Any]:
    """A follower who is met for the first time."""
    return {
        "id": new_id(),
        "creator_id": account.creator_id,
        "account_id": account.id,
        "platform_user_id": author.id,
        "name": author.name[:NAME_LENGTH],
        "first_seen_at": now,
    }


def find_message(tx: Connection, account_id: str, platform_id: str) -> Row[Any] | None:
    key = (messages.c.account_id == account_id, messages.c.platform_id == platform_id)
    return tx.execute(select(messages).where(*key)).first()


def add_message(
    tx: Connection,
    conversation: Row[Any],
    follower: Row[Any] | None,
    message: Message,
    delivery_id: str | None,
    now: datetime,
    *,
    kept_because: str = "",
    deleted: bool = False,
) -> str | None:
    """Keep a message. Returns its id, or None where it is known already."""
    who = follower.id if follower is not None else None
    values = message_row(dict(conversation._mapping), who, message, delivery_id, now, kept_because=kept_because)
    values["deleted_at"] = now if deleted else None
    added = insert_ignoring(tx, messages).values(**values).returning(messages.c.id)
    found: str | None = tx.execute(added).scalar_one_or_none()
    return found


def message_row(
    conversation: Mapping[str, Any],
    follower_id: str | None,
    message: Message,
    delivery_id: str | None,
    now: datetime,
    *,
    kept_because: str = "",
) -> dict[str, Any]:
    """A message in a conversation; without a follower it is the creator's own."""
    return {
        "id": new_id(),
        "creator_id": conversation["creator_id"],
        "account_id": conversation["account_id"],
        "conversation_id": conversation["id"],
        "follower_id": follower_id,
        "delivery_id": delivery_id,
        "platform_id": message.id,
        "author": "creator" if follower_id is None else "bot" if message.author.is_bot else "follower",
        "text": message.text,
        "reply_to_id": message.reply_to_id,
        "kept_because": kept_because,
        "sent_at": message.sent_at,
        "received_at": now,
    }


def set_turn(tx: Connection, message_ids: list[str], turn_id: str | None, kept_because: str = "") -> None:
    values = {"turn_id": turn_id, "kept_because": kept_because}
    tx.execute(update(messages).where(among(messages.c.id, message_ids)).values(**values))


def edit_message(tx: Connection, message_id: str, text: str, now: datetime) -> None:
    """What was remembered of the old words goes: where the new ones are read, they are remembered as any others."""
    facts.take_back(tx, [message_id])
    tx.execute(update(messages).where(messages.c.id == message_id).values(text=text, edited_at=now))


def delete_message(tx: Connection, message_id: str, now: datetime) -> None:
    """What a follower took back is emptied here too, and not remembered."""
    facts.take_back(tx, [message_id])
    tx.execute(update(messages).where(messages.c.id == message_id).values(text="", deleted_at=now))


def clear(tx: Connection, account_id: str, place: str, author: str, since: datetime, now: datetime) -> list[str]:
    """Take back what an author, or '' everybody, wrote in a conversation since then. Returns the turns it was in.

    place, author: the platform's ids.
    """
    conversation = select(conversations.c.id).where(
        conversations.c.account_id == account_id, conversations.c.platform_id == place
    )
    meant = [messages.c.conversation_id == conversation.scalar_subquery(), messages.c.sent_at >= since]
    meant += [messages.c.deleted_at.is_(None), messages.c.follower_id.is_not(None)]
    if author:
        known = (followers.c.account_id == account_id, followers.c.platform_user_id == author)
        meant.append(messages.c.follower_id == select(followers.c.id).where(*known).scalar_subquery())
    emptied = update(messages).where(*meant).values(text="", deleted_at=now)
    rows = tx.execute(emptied.returning(messages.c.id, messages.c.turn_id)).all()
    facts.take_back(tx, [row.id for row in rows])
    return sorted({row.turn_id for row in rows if row.turn_id is not None})


def living_messages(tx: Connection, turn_id: str) -> list[Row[Any]]:
    """A turn's messages that were not taken back, oldest first."""
    query = select(messages).where(messages.c.turn_id == turn_id, messages.c.deleted_at.is_(None))
    return list(tx.execute(query.order_by(messages.c.sent_at, messages.c.id)))


def living_of(tx: Connection, turn_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """`living_messages` of many turns; turns without any are left out."""
    query = select(messages).where(among(messages.c.turn_id, turn_ids), messages.c.deleted_at.is_(None))
    found: dict[str, list[Row[Any]]] = {}
    for row in tx.execute(query.order_by(messages.c.sent_at, messages.c.id)):
        found.setdefault(row.turn_id, []).append(row)
    return found


def take_over(tx: Connection, conversation_id: str, now: datetime, pause: timedelta) -> None:
    """The creator wrote in person: the avatar is quiet here until `pause` is over."""
    values = {"human_at": now, "human_until": now + pause}
    tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(**values))


def hand_back(tx: Connection, conversation_id: str) -> None:
    tx.execute(update(conversations).where(conversations.c.id == conversation_id).values(human_until=None))


def history(tx: Connection, turn: Row[Any]) -> list[Line]:
    """What this follower, the creator and the avatar said here before this turn, oldest first."""
    theirs = messages.c.follower_id == turn.follower_id
    # In a live room the creator talks to everybody: only a thread's creator lines belong to this follower.
    speakers = theirs if turn.surface == "live" else or_(theirs, messages.c.author == "creator")
    earlier = or_(messages.c.turn_id.is_(None), messages.c.turn_id < turn.id)
    said = (
        select(messages.c.author, messages.c.text, messages.c.sent_at)
        .where(messages.c.conversation_id == turn.conversation_id, messages.c.deleted_at.is_(None), earlier, speakers)
        .order_by(messages.c.sent_at.desc())
        .limit(HISTORY_LINES)
    )
    answered = (
        select(replies.c.text, replies.c.sent_at, replies.c.disclosure)
        .where(replies.c.conversation_id == turn.conversation_id, replies.c.follower_id == turn.follower_id)
        .where(replies.c.state == "sent", replies.c.surface == turn.surface)
        .order_by(replies.c.sent_at.desc())
        .limit(HISTORY_LINES)
    )
    lines = [
        Line(Role.CREATOR if row.author == "creator" else Role.FOLLOWER, row.text, row.sent_at)
        for row in tx.execute(said)
    ]
    lines += [
        Line(Role.CREATOR if row.disclosure == "person" else Role.AVATAR, row.text, row.sent_at)
        for row in tx.execute(answered)
    ]
    lines.sort(key=lambda line: line.at or turn.opened_at)
    return lines[-HISTORY_LINES:]


def recent_texts(tx: Connection, turn: Row[Any], since: datetime) -> list[str]:
    """What the turn's follower wrote in other conversations of the account since then, newest first, at most 50."""
    query = (
        select(messages.c.text)
        .where(messages.c.follower_id == turn.follower_id, messages.c.conversation_id != turn.conversation_id)
        .where(messages.c.received_at >= since, messages.c.deleted_at.is_(None), messages.c.received_at < turn.due_at)
        .order_by(messages.c.received_at.desc())
        .limit(50)
    )
    return list(tx.execute(query).scalars())


_OUT_OR_COMING = ("held", "due", "sending", "sent", "uncertain")


def reply_times(tx: Connection, follower_id: str, since: datetime) -> list[tuple[str, datetime]]:
    """(conversation id, created_at) of replies to a follower that are out or on their way, newest first.

    A private one beside a public one is not counted again.
    """
    query = (
        select(replies.c.conversation_id, replies.c.created_at)
        .join(conversations, conversations.c.id == replies.c.conversation_id)
        .where(conversations.c.surface == replies.c.surface)
        .where(replies.c.follower_id == follower_id, replies.c.created_at >= since)
        .where(replies.c.state.in_(_OUT_OR_COMING))
        .order_by(replies.c.created_at.desc())
    )
    return [(row.conversation_id, row.created_at) for row in tx.execute(query)]


def count_replies(tx: Connection, creator_id: str, since: datetime, up_to: int) -> int:
    """How many replies of a creator are out or on their way; more than `up_to` are not counted."""
    recent = select(replies.c.id).where(replies.c.creator_id == creator_id, replies.c.created_at >= since)
    found = recent.where(replies.c.state.in_(_OUT_OR_COMING)).limit(up_to).subquery()
    return int(tx.execute(select(func.count()).select_from(found)).scalar_one())


def last_reply_at(tx: Connection, conversation_id: str, follower_id: str, surface: str) -> datetime | None:
    """What was said in private beside it tells nothing where everybody reads."""
    here = (replies.c.conversation_id == conversation_id, replies.c.surface == surface)
    query = select(func.max(replies.c.sent_at)).where(
        *here, replies.c.follower_id == follower_id, replies.c.state == "sent"
    )
    return tx.execute(query).scalar_one_or_none()


def open_turn_of(tx: Connection, conversation_id: str, follower_id: str) -> Row[Any] | None:
    """The turn that a follower's next message here may join, newest first."""
    query = (
        select(turns)
        .where(turns.c.conversation_id == conversation_id, turns.c.follower_id == follower_id)
        .where(turns.c.state.in_(("collecting", "answering")))
        .order_by(turns.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    return tx.execute(query).first()
