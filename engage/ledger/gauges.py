"""How much waits, and for how long. Cheap always: counting stops at MOST, ages come from the end of an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, TextClause, func, select, text

from engage.ledger.sendings import NEVER
from engage.ledger.tables import RECEIVED, cursors, deliveries, replies, turns
from engage.models import Surface

Condition = ColumnElement[bool] | TextClause

MOST = 10_000
BEHIND = timedelta(seconds=30)  # a source that nobody took this long after it was due


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that may be taken now, or could if nothing held them back (a pause, an earlier row, a limit)."""

    waiting: int
    oldest: timedelta  # since the oldest could first be taken


def queues(tx: Connection, now: datetime) -> dict[str, Queue]:
    """intake, the lanes, post (replies to send) and settle (replies whose fate must be asked for)."""
    found = {"intake": _queue(tx, deliveries, [text(RECEIVED)], deliveries.c.received_at, now)}
    for surface in Surface:
        lane = [turns.c.state == "collecting", turns.c.surface == surface.value]
        found[surface.value] = _queue(tx, turns, lane, turns.c.due_at, now)
    for name, state in (("post", "due"), ("settle", "uncertain")):
        found[name] = _queue(tx, replies, [replies.c.state == state], replies.c.due_at, now)
    return found


def _queue(
    tx: Connection,
    table: Table,
    waits: Sequence[ColumnElement[bool] | TextClause],
    since: ColumnElement[Any],
    now: datetime,
) -> Queue:
    first = tx.execute(select(func.min(since)).where(*waits)).scalar_one_or_none()
    if first is None or first > now:
        return Queue(0, timedelta(0))
    return Queue(count(tx, table, *waits, since <= now), now - first)


def unsettled(tx: Connection) -> dict[str, int]:
    """Replies that wait for a person, or are out at this moment."""
    return {
        "held": count(tx, replies, replies.c.state == "held"),
        "sending": count(tx, replies, replies.c.state == "sending"),
        "parked": count(tx, replies, replies.c.state == "uncertain", replies.c.due_at >= NEVER),
    }


def behind(tx: Connection, now: datetime) -> dict[str, Queue]:
    """Polls and streams that no listener took in time."""
    late = now - BEHIND
    return {kind: _queue(tx, cursors, [cursors.c.source == kind], cursors.c.next_at, late) for kind in KINDS}


KINDS = ("poll", "stream")


def count(tx: Connection, table: Table, *which: Condition) -> int:
    """How many rows, at most MOST."""
    some = select(*table.primary_key.columns).where(*which).limit(MOST).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())
