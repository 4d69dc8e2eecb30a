"""What answering has cost: calls of the model for each follower in an hour, and money for each creator in a day.

A call counts before it is made, for all workers together; money is known afterwards, so that what is being written at
the same moment may exceed a day's budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from engage.ledger.among import among
from engage.ledger.conversations import count_replies
from engage.ledger.many import insert_many
from engage.ledger.tables import spendings, turns

HOUR = timedelta(hours=1)
KEPT = timedelta(days=2)
FATIGUE, BUDGET = "fatigue", "creator_budget"  # why a turn may cost nothing more


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent. 0: no such limit."""

    calls_per_hour: int = 0  # of the model, for one follower
    replies_per_day: int = 0  # of one creator
    cost_per_day: float = 0.0  # of one creator, in the currency of the configured prices


def take(tx: Connection, turn_ids: Sequence[str], limits: Limits, now: datetime) -> list[str]:
    """Pay a call of the model for each turn. "" where it is paid, else why it may not be made."""
    found = select(turns.c.id, turns.c.follower_id, turns.c.creator_id).where(among(turns.c.id, turn_ids))
    known = {row.id: (str(row.follower_id), str(row.creator_id)) for row in tx.execute(found)}
    spent_out = _spent_out(tx, {creator for _, creator in known.values()}, limits, now)
    calls = _calls(tx, dict(known.values()), now) if limits.calls_per_hour else {}
    said = [_pay(known.get(turn_id), spent_out, calls, limits) for turn_id in turn_ids]
    owners = dict(known.values())
    for holder, (began_at, count) in calls.items():
        tx.execute(update(spendings).where(*_row_of(holder, owners[holder])).values(began_at=began_at, calls=count))
    return said


def note(tx: Connection, costs: Mapping[str, float], now: datetime) -> None:
    """Add what answers have cost to their creators' day."""
    for creator_id, cost in sorted(costs.items()):
        row = _locked(tx, {creator_id: creator_id}, now)[creator_id]
        so_far = row.cost if row.began_at >= day_of(now) else 0.0
        values = {"began_at": day_of(now), "cost": so_far + cost}
        tx.execute(update(spendings).where(*_row_of(creator_id, creator_id)).values(values))


def forget_old(tx: Connection, now: datetime) -> int:
    """Rows that count for nothing any more. Returns how many went."""
    return tx.execute(delete(spendings).where(spendings.c.began_at < now - KEPT)).rowcount


def day_of(now: datetime) -> datetime:
    """When the day began, in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _pay(
    whose: tuple[str, str] | None, spent_out: set[str], calls: dict[str, tuple[datetime, int]], limits: Limits
) -> str:
    if whose is None:
        return ""
    follower, creator = whose
    if creator in spent_out:
        return BUDGET
    if follower not in calls:
        return ""
    began_at, count = calls[follower]
    if count >= limits.calls_per_hour:
        return FATIGUE
    calls[follower] = began_at, count + 1
    return ""


def _calls(tx: Connection, followers: Mapping[str, str], now: datetime) -> dict[str, tuple[datetime, int]]:
    """When each follower's hour began, and the calls since. followers: with whose they are."""
    rows = _locked(tx, followers, now)
    return {row.holder: (row.began_at, row.calls) if now - row.began_at < HOUR else (now, 0) for row in rows.values()}


def _spent_out(tx: Connection, creator_ids: set[str], limits: Limits, now: datetime) -> set[str]:
    """The creators who may spend nothing more today."""
    today = day_of(now)
    out: set[str] = set()
    if limits.cost_per_day:
        most = (spendings.c.cost >= limits.cost_per_day, spendings.c.began_at >= today)
        own = spendings.c.holder == spendings.c.creator_id
        known = select(spendings.c.holder).where(among(spendings.c.creator_id, creator_ids), own, *most)
        out.update(tx.execute(known).scalars())
    if most_replies := limits.replies_per_day:
        out.update(one for one in creator_ids if count_replies(tx, one, today, most_replies) >= most_replies)
    return out


def _locked(tx: Connection, owners: Mapping[str, str], now: datetime) -> dict[str, Row[Any]]:
    """The rows of holders, made where they are missing, in one order: nobody waits for each other in a circle.

    owners: the creator of each holder.
    """
    holders = sorted(owners)
    new = [{"holder": one, "creator_id": owners[one], "began_at": now, "calls": 0, "cost": 0.0} for one in holders]
    insert_many(tx, spendings, new, ignoring=True)
    theirs = (among(spendings.c.holder, holders), among(spendings.c.creator_id, set(owners.values())))
    rows = select(spendings).where(*theirs).order_by(spendings.c.holder).with_for_update()
    return {row.holder: row for row in tx.execute(rows)}


def _row_of(holder: str, creator_id: str) -> tuple[ColumnElement[bool], ...]:
    return spendings.c.holder == holder, spendings.c.creator_id == creator_id
