"""Turns: opened by intake, claimed by workers with a lease, ended with exactly one decision (`conclusions`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, bindparam, func, or_, select, text, update
from sqlalchemy.orm import aliased

from engage.ledger import creators, duties
from engage.ledger.among import among
from engage.ledger.cards import ENDED_AS, decision
from engage.ledger.conversations import living_messages
from engage.ledger.fair import Line, Rota, Waiting
from engage.ledger.ids import new_id
from engage.ledger.many import insert_ignoring, insert_many
from engage.ledger.outbox import recall_unposted
from engage.ledger.states import move
from engage.ledger.tables import OPEN, decisions, messages, replies, turns
from engage.ledger.types import UtcDateTime
from engage.models import Card, Escalate, Mode, Outcome, Skip, Surface

MAX_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that this worker answers, in the version it saw."""

    id: str
    creator_id: str
    account_id: str
    surface: Surface
    version: int
    attempts: int
    owner: str
    lease_until: datetime


def order_key(surface: Surface, conversation_id: str, follower_id: str) -> str:
    """Answers of one key keep their order. A live room is many conversations at once, one for each follower."""
    return f"{conversation_id}:{follower_id}" if surface is Surface.LIVE else conversation_id


def open_turn(tx: Connection, conversation: Row[Any], follower_id: str, due_at: datetime, now: datetime) -> str:
    """A new turn that collects messages until `due_at`."""
    row = turn_row(dict(conversation._mapping), follower_id, due_at, now)
    tx.execute(turns.insert().values(**row))
    return str(row["id"])


def turn_row(conversation: Mapping[str, Any], follower_id: str, due_at: datetime, now: datetime) -> dict[str, Any]:
    """A new turn as it is stored."""
    surface = Surface(conversation["surface"])
    return {
        "id": new_id(),
        "creator_id": conversation["creator_id"],
        "account_id": conversation["account_id"],
        "conversation_id": conversation["id"],
        "follower_id": follower_id,
        "order_key": order_key(surface, conversation["id"], follower_id),
        "surface": surface.value,
        "state": "collecting",
        "version": 1,
        "rewrites": 0,
        "attempts": 0,
        "opened_at": now,
        "due_at": due_at,
    }


def get(tx: Connection, turn_id: str) -> Row[Any]:
    return tx.execute(select(turns).where(turns.c.id == turn_id).with_for_update()).one()


def unfinished(tx: Connection, turn_ids: Sequence[str]) -> list[str]:
    """Those of the turns from which something may still be posted, or that wait for a person."""
    waiting = replies.c.state.in_(("held", "due"))
    unposted = select(replies.c.id).where(replies.c.turn_id == turns.c.id, waiting).exists()
    may = or_(turns.c.state.in_(("collecting", "answering", "escalated")), unposted)
    return list(tx.execute(select(turns.c.id).where(among(turns.c.id, turn_ids), may).order_by(turns.c.id)).scalars())


def touch(tx: Connection, turn_id: str, due_at: datetime | None = None) -> None:
    """The turn's messages changed: a draft being written is stale."""
    values: dict[str, Any] = {"version": turns.c.version + 1, **({"due_at": due_at} if due_at else {})}
    tx.execute(update(turns).where(turns.c.id == turn_id).values(**values))


def _unblocked(one: FromClause) -> list[ColumnElement[bool]]:
    earlier = aliased(turns)
    blocked = (
        select(earlier.c.id)
        .where(earlier.c.order_key == one.c.order_key, earlier.c.id < one.c.id)
        .where(earlier.c.state.in_(("collecting", "answering")))
        .exists()
    )
    return [one.c.due_at <= bindparam("now", type_=UtcDateTime), ~blocked]


_DUE = Line(
    Waiting(
        turns,
        where=lambda one: [one.c.state == "collecting", one.c.surface == bindparam("surface")],
        order=("due_at", "id"),
        may_go=_unblocked,
        running=creators.running(sending=False),
    )
)


def claim(
    tx: Connection,
    surface: Surface,
    limit: int,
    owner: str,
    lease: timedelta,
    now: datetime,
    rota: Rota | None = None,
) -> list[Claimed]:
    """Take due turns of one lane, creators in turn, oldest first, keeping each conversation's order."""
    if limit <= 0:
        return []
    chosen = _DUE.take(tx, surface.value, limit, rota or Rota(), {"surface": surface.value, "now": now})
    if not chosen:
        return []
    until = now + lease
    taken = tx.execute(_TAKE, {"ids": chosen, "owner": owner, "until": until}).all()
    rows = sorted(taken, key=lambda row: (row.due_at, row.id))
    return [Claimed(r.id, r.creator_id, r.account_id, surface, r.version, r.attempts, owner, until) for r in rows]


# The sum keeps SQLite from reading everything that collects: it would not see that the ids are few.
_FREE = select(turns.c.id).where(among(turns.c.id, "ids"), turns.c.state + "" == "collecting")
_TAKE = (
    update(turns)
    .where(turns.c.id.in_(_FREE.with_for_update(skip_locked=True)))
    .values(state="answering", lease_owner=bindparam("owner"), lease_until=bindparam("until", type_=UtcDateTime))
    .returning(turns.c.id, turns.c.creator_id, turns.c.account_id, turns.c.version, turns.c.attempts, turns.c.due_at)
)


def next_due(tx: Connection, surfaces: Sequence[Surface]) -> datetime | None:
    """When the next turn of these lanes is due."""
    first = select(func.min(turns.c.due_at)).where(turns.c.state == "collecting")
    moments = [tx.execute(first.where(turns.c.surface == surface.value)).scalar_one_or_none() for surface in surfaces]
    return min((moment for moment in moments if moment is not None), default=None)


def retry_later(tx: Connection, claimed: Claimed, due_at: datetime, reason: str, now: datetime) -> None:
    """The model could not be used. After MAX_ATTEMPTS a person gets the turn: errors hand off, never reply."""
    turn = _mine(tx, claimed)
    if turn is None:
        return
    if turn.attempts + 1 >= MAX_ATTEMPTS:
        _end(tx, turn, Escalate(Card(reasons=("unavailable", reason))), Mode.REVIEW, now)
        return
    values = {"attempts": turn.attempts + 1, "due_at": due_at, "lease_owner": None, "lease_until": None}
    move(tx, turns, claimed.id, "collecting", **values)


def give_up(tx: Connection, claimed: Claimed, reason: str, now: datetime) -> None:
    """Answering failed in a way that trying again cannot mend."""
    turn = _mine(tx, claimed)
    if turn is not None:
        _end(tx, turn, Escalate(Card(reasons=("failed", reason))), Mode.REVIEW, now, state="dead")


def renew(tx: Connection, claimed: Claimed, lease: timedelta, now: datetime) -> bool:
    """Hold one turn for longer. False where another worker has it, or has ended it."""
    mine = (turns.c.id == claimed.id, turns.c.lease_owner == claimed.owner, turns.c.state == "answering")
    return tx.execute(update(turns).where(*mine).values(lease_until=now + lease)).rowcount == 1


def extend_leases(tx: Connection, owner: str, lease: timedelta, now: datetime) -> None:
    """A worker that is alive keeps what it holds."""
    mine = (turns.c.lease_owner == owner, turns.c.state == "answering")
    tx.execute(update(turns).where(*mine).values(lease_until=now + lease))


def sweep(tx: Connection, max_age: Mapping[Surface, timedelta], now: datetime) -> int:
    """Free turns whose worker died, end those that are too old to answer. Returns how many it touched."""
    some = select(turns).limit(duties.SWEPT).with_for_update(skip_locked=True)  # another sweeper has the rest
    lost = tx.execute(some.where(turns.c.state == "answering", turns.c.lease_until < now)).all()
    hopeless = [turn for turn in lost if turn.attempts + 1 >= MAX_ATTEMPTS]
    failed = Escalate(Card(reasons=("failed", "every worker that took it stopped")))
    _end_all(tx, hopeless, "dead", failed, Mode.REVIEW, now)
    _free_all(tx, [turn.id for turn in lost if turn.attempts + 1 < MAX_ATTEMPTS], now)
    touched = len(lost)
    for surface, age in max_age.items():
        of_lane = (text(OPEN), turns.c.surface == surface.value, turns.c.opened_at < now - age)
        old = tx.execute(some.where(*of_lane)).all()
        _end_all(tx, old, "expired", Skip(Card(reasons=("expired",))), Mode.OFF, now)
        touched += len(old)
    return touched


def _free_all(tx: Connection, ids: Sequence[str], now: datetime) -> None:
    if ids:
        values = {"attempts": turns.c.attempts + 1, "due_at": now, "lease_owner": None, "lease_until": None}
        tx.execute(update(turns).where(among(turns.c.id, ids)).values(state="collecting", **values))


def _end_all(
    tx: Connection, ended: Sequence[Row[Any]], state: str, outcome: Outcome, mode: Mode, now: datetime
) -> None:
    if ended:
        over = {"state": state, "ended_at": now, "lease_owner": None, "lease_until": None}
        tx.execute(update(turns).where(among(turns.c.id, [turn.id for turn in ended])).values(**over))
        insert_many(tx, decisions, [decision(turn, outcome, mode, now) for turn in ended], ignoring=True)


def skip_open(tx: Connection, turn: Row[Any], reason: str, now: datetime) -> None:
    """End a turn that is still collecting, with its card."""
    _end(tx, turn, Skip(Card(reasons=(reason,))), Mode.OFF, now)


def silence_conversation(tx: Connection, conversation_id: str, now: datetime, message_id: str | None = None) -> None:
    """A person took over: what collects is skipped, what is not posted yet is recalled. `message_id`: only its turn."""
    query = select(turns).where(turns.c.conversation_id == conversation_id, turns.c.state == "collecting")
    open_turns = tx.execute(query.with_for_update()).all()
    for turn in open_turns:
        if message_id is None or message_id in {m.platform_id for m in living_messages(tx, turn.id)}:
            skip_open(tx, turn, "human_replied", now)
    if message_id is None:
        recall_unposted(tx, "human_replied", conversation_id=conversation_id)
        return
    answered = select(messages.c.turn_id).where(
        messages.c.conversation_id == conversation_id, messages.c.platform_id == message_id
    )
    turn_id = tx.execute(answered).scalar_one_or_none()
    if turn_id is not None:
        recall_unposted(tx, "human_replied", turn_id=turn_id)


def _mine(tx: Connection, claimed: Claimed) -> Row[Any] | None:
    mine = (turns.c.id == claimed.id, turns.c.state == "answering", turns.c.lease_owner == claimed.owner)
    return tx.execute(select(turns).where(*mine).with_for_update()).first()


def _end(
    tx: Connection, turn: Row[Any], outcome: Outcome, mode: Mode, now: datetime, *, state: str | None = None
) -> None:
    move(tx, turns, turn.id, state or ENDED_AS[type(outcome)], ended_at=now, lease_owner=None, lease_until=None)
    tx.execute(insert_ignoring(tx, decisions), [decision(turn, outcome, mode, now)])
