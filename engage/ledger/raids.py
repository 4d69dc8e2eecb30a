"""Raids in the ledger: who came lately, what stands against whom, and until when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from engage.ledger import audit
from engage.ledger.among import among
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import decisions, followers, messages, raids
from engage.raids import Arrival, Level, Raid, Thresholds, assess

MOST = 400  # messages of strangers that are looked at
MOST_CROWDED = 10  # creators in one look: the most crowded
USUAL = timedelta(days=1)  # the time before, from which the usual is counted
HOSTILE = 0.5  # of the label "abuse"


@dataclass(frozen=True, slots=True)
class Standing:
    """A raid that goes on."""

    creator_id: str
    level: Level
    people: int
    began_at: datetime
    ends_at: datetime


def look(tx: Connection, thresholds: Thresholds, now: datetime) -> dict[str, Raid]:
    """The creators that many strangers came to, where that is a raid. Reads only, and may take a while."""
    if not thresholds.people:
        return {}
    since = now - thresholds.window
    crowded = (
        select(followers.c.creator_id)
        .where(followers.c.first_seen_at >= since)
        .group_by(followers.c.creator_id)
        .having(func.count() >= thresholds.people)
        .order_by(func.count().desc())
        .limit(MOST_CROWDED)
    )
    crowds = list(tx.execute(crowded).scalars())
    return {creator_id: raid for creator_id in crowds if (raid := _seen(tx, creator_id, thresholds, now))}


def keep(tx: Connection, found: Mapping[str, Raid], thresholds: Thresholds, now: datetime) -> int:
    """Begin or prolong raids. Returns how many go on."""
    return sum(_keep(tx, creator_id, found[creator_id], thresholds, now) for creator_id in sorted(found))


def _seen(tx: Connection, creator_id: str, thresholds: Thresholds, now: datetime) -> Raid | None:
    since = now - thresholds.window
    before = (followers.c.creator_id == creator_id, followers.c.first_seen_at < since)
    earlier = select(func.count()).select_from(followers).where(*before, followers.c.first_seen_at >= since - USUAL)
    usual = tx.execute(earlier).scalar_one() / (USUAL / thresholds.window)
    return assess(_arrivals(tx, creator_id, since), usual, thresholds)


def _arrivals(tx: Connection, creator_id: str, since: datetime) -> list[Arrival]:
    query = (
        select(messages.c.follower_id, messages.c.text, decisions.c.card)
        .join(followers, followers.c.id == messages.c.follower_id)
        .outerjoin(decisions, decisions.c.turn_id == messages.c.turn_id)
        .where(followers.c.creator_id == creator_id, followers.c.first_seen_at >= since)
        .where(messages.c.received_at >= since, messages.c.deleted_at.is_(None))
        .order_by(messages.c.id.desc())
        .limit(MOST)
    )
    return [
        Arrival(row.follower_id, row.text, float(((row.card or {}).get("labels") or {}).get("abuse", 0)) >= HOSTILE)
        for row in tx.execute(query)
    ]


def _keep(tx: Connection, creator_id: str, raid: Raid, thresholds: Thresholds, now: datetime) -> bool:
    """Begin it, or let it go on. A person who ended one is not overruled for as long again."""
    known = tx.execute(select(raids).where(raids.c.creator_id == creator_id).with_for_update()).first()
    if known is not None and known.deaf_until is not None and known.deaf_until > now:
        return False
    values = {"level": raid.level.value, "people": raid.people, "ends_at": now + thresholds.quiet, "deaf_until": None}
    if known is not None and known.ends_at > now:
        worse = Level.SILENT in (known.level, raid.level)
        values |= {"level": (Level.SILENT if worse else Level.SLOW).value, "people": max(known.people, raid.people)}
        tx.execute(update(raids).where(raids.c.creator_id == creator_id).values(**values))
        return True
    values |= {"began_at": now - thresholds.window}
    if known is None:
        tx.execute(insert_ignoring(tx, raids).values(creator_id=creator_id, **values))
    else:
        tx.execute(update(raids).where(raids.c.creator_id == creator_id).values(**values))
    audit.record(tx, "engage", "raid", creator_id, raid.level.value, {"people": raid.people}, now)
    return True


def standing(tx: Connection, now: datetime, creator_ids: Collection[str] | None = None) -> dict[str, Standing]:
    """The raids that go on, by creator."""
    query = select(raids).where(raids.c.ends_at > now)
    rows = tx.execute(query if creator_ids is None else query.where(among(raids.c.creator_id, creator_ids)))
    return {
        row.creator_id: Standing(row.creator_id, Level(row.level), row.people, row.began_at, row.ends_at)
        for row in rows
    }


def end(tx: Connection, now: datetime, span: timedelta, creator_id: str | None = None) -> int:
    """A person ends a creator's raid, or all: none begins by itself for `span`. Returns how many ended."""
    going_on = [raids.c.ends_at > now, *([raids.c.creator_id == creator_id] if creator_id else [])]
    return int(tx.execute(update(raids).where(*going_on).values(ends_at=now, deaf_until=now + span)).rowcount)
