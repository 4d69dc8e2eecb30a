"""What a follower has asked for or said that decides how they are treated: no more answers, blocked, their age."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, case, select, update

from engage.ledger.among import among
from engage.ledger.outbox import recall_automated
from engage.ledger.tables import followers
from engage.models import Age

AGE_KEPT = timedelta(days=365)  # what a follower said of their age; said again it is kept anew


def opt_out(tx: Connection, follower_id: str, now: datetime | None) -> None:
    """No more answers to this follower; None takes them back in."""
    tx.execute(update(followers).where(followers.c.id == follower_id).values(opted_out_at=now))


def stop_writing(tx: Connection, follower_id: str, *, unheard: bool, now: datetime) -> None:
    """They said stop: what the avatar wrote and is not on its way yet stays here. unheard: no turn decides on it."""
    recall_automated(tx, follower_id, "opt_out")
    if unheard:
        opt_out(tx, follower_id, now)


def opted_out_of(tx: Connection, follower_ids: Collection[str]) -> frozenset[str]:
    """Those of the followers who want no more answers."""
    theirs = (among(followers.c.id, follower_ids), followers.c.opted_out_at.is_not(None))
    return frozenset(tx.execute(select(followers.c.id).where(*theirs)).scalars())


def note_age(tx: Connection, follower_id: str, age: Age, now: datetime) -> None:
    """What they said of their age, for AGE_KEPT from now. A child stays one until then."""
    still = case(
        (and_(followers.c.age == Age.CHILD.value, followers.c.age_until > now), Age.CHILD.value), else_=age.value
    )
    tx.execute(update(followers).where(followers.c.id == follower_id).values(age=still, age_until=now + AGE_KEPT))


def block(tx: Connection, follower_id: str, now: datetime | None) -> None:
    tx.execute(update(followers).where(followers.c.id == follower_id).values(blocked_at=now))


def age_of(person: Row[Any], now: datetime) -> Age:
    """What they said of their age, while it is kept."""
    return Age(person.age) if person.age_until is not None and person.age_until > now else Age.UNKNOWN
