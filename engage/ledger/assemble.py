"""Claimed turns as the avatar sees them.

What all turns need is read for the whole batch at once. What only earlier talk brings is read for the turns that can
have any: most followers write for the first time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from engage.facts import Fact
from engage.ledger import conversations as talk
from engage.ledger import facts
from engage.ledger.among import among
from engage.ledger.changes import changes_of
from engage.ledger.creators import SurfaceMode, UnknownCreator, modes_of, personas_of
from engage.ledger.overrides import loosened_of
from engage.ledger.people import age_of
from engage.ledger.raids import standing
from engage.ledger.tables import conversations, followers, messages, turns
from engage.models import Author, Follower, Line, Message, Persona, Surface, Turn

REPEATED_WITHIN = timedelta(hours=24)
LOOP_BREAK = timedelta(minutes=10)  # replies further apart than this are no loop


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything `Avatar.answer` needs but the platform's capabilities. `turn.messages` may be empty: all deleted."""

    turn: Turn
    persona: Persona
    mode: SurfaceMode
    conversation_id: str  # the platform's
    words_changes: int = 0  # of the creator's words so far, as `engage.ledger.changes` counts them


@dataclass(frozen=True, slots=True)
class Past:
    """What was said and answered before a turn."""

    history: tuple[Line, ...] = ()
    recent_texts: tuple[str, ...] = ()
    replies: tuple[tuple[str, datetime], ...] = ()  # (conversation, when) of the last hour, newest first
    last_reply_at: datetime | None = None


# The turn's follower wrote something that is not part of the turn.
_SAID_MORE = (
    select(messages.c.id)
    .where(messages.c.follower_id == turns.c.follower_id)
    .where(or_(messages.c.turn_id.is_(None), messages.c.turn_id != turns.c.id))
    .correlate(turns)
    .exists()
)


def assemble(tx: Connection, turn_id: str, now: datetime, budget: int = 0) -> Assembled:
    """Read a turn with its history, follower and creator."""
    return assemble_all(tx, [turn_id], now, budget)[turn_id]


def assemble_all(tx: Connection, turn_ids: Sequence[str], now: datetime, budget: int = 0) -> dict[str, Assembled]:
    """By id. Raises UnknownCreator for a turn whose creator is gone.

    budget: as far as the creators' replies of the last hour are counted; 0: not at all.
    """
    rows = tx.execute(select(turns, _SAID_MORE.label("said_more")).where(among(turns.c.id, turn_ids))).all()
    places = _by_id(tx, conversations, {row.conversation_id for row in rows})
    people = _by_id(tx, followers, {row.follower_id for row in rows})
    living = talk.living_of(tx, turn_ids)
    personas = personas_of(tx, {row.creator_id for row in rows})
    changes = changes_of(tx, personas)
    loosened, raided = loosened_of(tx, personas), standing(tx, now, personas)
    modes = modes_of(tx, {row.account_id for row in rows})
    # What was told in private is read for turns in private only.
    private = {row.follower_id for row in rows if row.surface == Surface.DM and row.said_more}
    told = facts.told_by(tx, private, now)
    replied = _replied(tx, personas if budget else (), now, budget)
    assembled: dict[str, Assembled] = {}
    for row in rows:
        place, person = places[row.conversation_id], people[row.follower_id]
        if row.creator_id not in personas:
            raise UnknownCreator
        mine = told.get(row.follower_id, ()) if row.surface == Surface.DM else ()
        turn = _turn(row, place, person, living.get(row.id, []), _past(tx, row, place, person, now), mine, now)
        if raid := raided.get(row.creator_id):
            turn = replace(turn, raided=raid.level.value, stranger=person.first_seen_at >= raid.began_at)
        if loosened.get(row.creator_id):
            turn = replace(turn, loosened=loosened[row.creator_id])
        if budget:
            turn = replace(turn, creator_replies_last_hour=replied[row.creator_id])
            replied[row.creator_id] += 1  # the others of this batch are perhaps answered too
        mode = modes.get((row.account_id, row.surface), SurfaceMode())
        assembled[row.id] = Assembled(turn, personas[row.creator_id], mode, place.platform_id, changes[row.creator_id])
    return assembled


def _replied(tx: Connection, creator_ids: Iterable[str], now: datetime, budget: int) -> Counter[str]:
    since = now - timedelta(hours=1)
    return Counter({creator_id: talk.count_replies(tx, creator_id, since, budget) for creator_id in creator_ids})


def _by_id(tx: Connection, table: Any, ids: set[str]) -> dict[str, Row[Any]]:
    return {row.id: row for row in tx.execute(select(table).where(among(table.c.id, ids)))}


def _past(tx: Connection, turn: Row[Any], place: Row[Any], person: Row[Any], now: datetime) -> Past:
    """Without a query for a new conversation with somebody who never wrote before."""
    new_place = place.created_at >= turn.opened_at
    lines = talk.history(tx, turn) if turn.said_more or not new_place else []
    history = tuple(line for line in lines if not _forgotten(line, person.forgotten_at))
    if not turn.said_more:
        return Past(history=history)
    return Past(
        history=history,
        recent_texts=tuple(talk.recent_texts(tx, turn, now - REPEATED_WITHIN)),
        replies=tuple(talk.reply_times(tx, turn.follower_id, now - timedelta(hours=1))),
        last_reply_at=talk.last_reply_at(tx, place.id, turn.follower_id, turn.surface),
    )


def _forgotten(line: Line, forgotten_at: datetime | None) -> bool:
    """Whether the follower asked to be forgotten after it was said."""
    return forgotten_at is not None and line.at is not None and line.at <= forgotten_at


def _turn(
    row: Row[Any],
    place: Row[Any],
    person: Row[Any],
    living: Sequence[Row[Any]],
    past: Past,
    told: tuple[Fact, ...],
    now: datetime,
) -> Turn:
    last = past.last_reply_at
    return Turn(
        id=row.id,
        creator_id=row.creator_id,
        surface=Surface(row.surface),
        messages=tuple(_message(message, place, person) for message in living),
        follower=Follower(
            id=person.platform_user_id,
            name=person.name,
            opted_out=person.opted_out_at is not None,
            blocked=person.blocked_at is not None,
            replies_last_hour=len(past.replies),
            first_contact=last is None,
            recent_texts=past.recent_texts,
            facts=told,
            age=age_of(person, now),
        ),
        history=past.history,
        post_text=place.post_text,
        avatar_depth=depth([at for where, at in past.replies if where == place.id], now),
        last_avatar_at=last,
        handed_back=place.human_at is not None and (last is None or place.human_at > last),
    )


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
