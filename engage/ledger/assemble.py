"""A claimed turn as the avatar sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from engage.ledger import conversations as talk
from engage.ledger.creators import SurfaceMode, get_creator, get_mode
from engage.ledger.tables import conversations, followers, turns
from engage.models import Author, Follower, Message, Persona, Surface, Turn

REPEATED_WITHIN = timedelta(hours=24)
LOOP_BREAK = timedelta(minutes=10)  # replies further apart than this are no loop


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything `Avatar.answer` needs but the platform's capabilities. `turn.messages` may be empty: all deleted."""

    turn: Turn
    persona: Persona
    mode: SurfaceMode
    conversation_id: str  # the platform's


def assemble(tx: Connection, turn_id: str, now: datetime) -> Assembled:
    """Read a turn with its history, follower and creator."""
    turn = tx.execute(select(turns).where(turns.c.id == turn_id)).one()
    conversation = tx.execute(select(conversations).where(conversations.c.id == turn.conversation_id)).one()
    person = tx.execute(select(followers).where(followers.c.id == turn.follower_id)).one()
    times = talk.reply_times(tx, person.id, now - timedelta(hours=1))
    last = talk.last_reply_at(tx, conversation.id, person.id)
    surface = Surface(turn.surface)
    value = Turn(
        id=turn.id,
        creator_id=turn.creator_id,
        surface=surface,
        messages=tuple(_message(row, conversation, person) for row in talk.living_messages(tx, turn.id)),
        follower=Follower(
            id=person.platform_user_id,
            name=person.name,
            opted_out=person.opted_out_at is not None,
            blocked=person.blocked_at is not None,
            replies_last_hour=len(times),
            first_contact=last is None,
            recent_texts=tuple(talk.recent_texts(tx, turn, now - REPEATED_WITHIN)),
        ),
        history=tuple(talk.history(tx, turn)),
        post_text=conversation.post_text,
        avatar_depth=depth([at for where, at in times if where == conversation.id], now),
        last_avatar_at=last,
        handed_back=conversation.human_at is not None and (last is None or conversation.human_at > last),
    )
    mode = get_mode(tx, turn.account_id, surface)
    return Assembled(value, get_creator(tx, turn.creator_id), mode, conversation.platform_id)


def depth(times: list[datetime], now: datetime) -> int:
    """How many replies (newest first) went out in a row without a pause of LOOP_BREAK."""
    count, later = 0, now
    for at in times:
        if later - at > LOOP_BREAK:
            break
        count, later = count + 1, at
    return count


def _message(row: Row[Any], conversation: Row[Any], person: Row[Any]) -> Message:
    return Message(
        id=row.platform_id,
        conversation_id=conversation.platform_id,
        surface=Surface(conversation.surface),
        author=Author(person.platform_user_id, person.name),
        text=row.text,
        sent_at=row.sent_at,
        reply_to_id=row.reply_to_id,
        post_id=conversation.post_id,
        post_text=conversation.post_text,
    )
