"""What followers told the avatar in direct messages, each kept by their platform user id on one account.

A fact is read for its own follower's turns only, and goes in time, with its message, or when the follower asks.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from engage.facts import MOST, Fact, FactKind
from engage.ledger import duties
from engage.ledger.among import among
from engage.ledger.ids import new_id
from engage.ledger.many import insert_many
from engage.ledger.tables import facts, followers, messages


def fact_rows(turn: Row[Any], told: Sequence[Fact], living: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What a turn's follower told in it, as rows, oldest first. What stood in a message that is gone is left out."""
    ids = {message.platform_id: message.id for message in living}
    return [
        {
            "id": new_id(),
            "creator_id": turn.creator_id,
            "follower_id": turn.follower_id,
            "kind": fact.kind.value,
            "value": fact.value,
            "message_id": ids[fact.message_id],
            "told_at": fact.told_at,
            "expires_at": fact.expires_at,
        }
        for fact in told
        if fact.message_id in ids
    ]


def remember(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write facts. Newer ones push out older ones: the same said again, another name, and whatever is over MOST.

    What was told before the follower asked to be forgotten, and is only concluded now, stays away.
    """
    rows = _not_forgotten(tx, rows)
    if not rows:
        return
    theirs = {row["follower_id"] for row in rows}
    known = tx.execute(_newest_first(select(facts).where(among(facts.c.follower_id, theirs)))).mappings()
    kept: set[str] = set()
    seen: set[tuple[str, str, str]] = set()
    count: Counter[tuple[str, str]] = Counter()
    everything = [*reversed(rows), *known]
    for row in everything:
        same = (row["follower_id"], row["kind"], row["value"].casefold())
        if same not in seen and count[same[:2]] < MOST[FactKind(row["kind"])]:
            kept.add(row["id"])
            count[same[:2]] += 1
        seen.add(same)
    # In the order of their ids, as everybody does: two workers must not wait for each other.
    gone = sorted({row["id"] for row in everything} - kept - {row["id"] for row in rows})
    if gone:
        tx.execute(delete(facts).where(among(facts.c.id, gone)))
    insert_many(tx, facts, [row for row in rows if row["id"] in kept])


def _not_forgotten(tx: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    asked = (among(followers.c.id, {row["follower_id"] for row in rows}), followers.c.forgotten_at.is_not(None))
    found = tx.execute(select(followers.c.id, followers.c.forgotten_at).where(*asked))
    since = {row.id: row.forgotten_at for row in found}
    return [row for row in rows if (at := since.get(row["follower_id"])) is None or row["told_at"] > at]


def told_by(tx: Connection, follower_ids: Collection[str], now: datetime) -> dict[str, tuple[Fact, ...]]:
    """By follower, newest first, at most MOST of a kind. For turns in direct messages only."""
    if not follower_ids:
        return {}
    query = select(facts, messages.c.platform_id).join(messages, messages.c.id == facts.c.message_id)
    query = query.where(among(facts.c.follower_id, follower_ids), facts.c.expires_at > now)
    found: dict[str, list[Fact]] = {}
    for row in tx.execute(_newest_first(query)):
        kind, theirs = FactKind(row.kind), found.setdefault(row.follower_id, [])
        if sum(fact.kind is kind for fact in theirs) < MOST[kind]:
            theirs.append(Fact(kind, row.value, row.platform_id, row.told_at, row.expires_at))
    return {follower_id: tuple(theirs) for follower_id, theirs in found.items()}


def _newest_first(query: Any) -> Any:
    return query.order_by(facts.c.told_at.desc(), facts.c.id.desc())


def forget(tx: Connection, follower_ids: Collection[str], now: datetime) -> None:
    """Erase what followers told, and let the avatar see nothing of what was said before now."""
    tx.execute(delete(facts).where(among(facts.c.follower_id, follower_ids)))
    tx.execute(
        update(followers).where(among(followers.c.id, follower_ids)).values(forgotten_at=now, age="", age_until=None)
    )


def take_back(tx: Connection, message_ids: Collection[str]) -> None:
    """Erase what was told in messages that their author deleted or wrote anew."""
    if message_ids:
        tx.execute(delete(facts).where(among(facts.c.message_id, message_ids)))


def sweep(tx: Connection, now: datetime) -> int:
    """Erase what has expired. Returns how many facts went."""
    old = select(facts.c.id).where(facts.c.expires_at <= now).order_by(facts.c.expires_at).limit(duties.SWEPT)
    return int(tx.execute(delete(facts).where(facts.c.id.in_(old))).rowcount)
