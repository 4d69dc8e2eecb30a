"""Creators who were sent to a platform's page: who, for whom, and what must be known when they come back, once."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from engage.ledger.tables import consents

LASTS = timedelta(minutes=15)


def new_state() -> str:
    """What the platform gives back with the creator: nobody else can guess it."""
    return secrets.token_urlsafe(32)


def store(
    tx: Connection,
    state: str,
    platform: str,
    creator_id: str,
    asked_by: str,
    redirect_uri: str,
    keep: bytes,
    now: datetime,
) -> None:
    """Remember a consent under way. Of the state its hash only: who reads the database cannot use it."""
    tx.execute(delete(consents).where(consents.c.ends_at < now))
    fixed = {"platform": platform, "creator_id": creator_id, "asked_by": asked_by, "redirect_uri": redirect_uri}
    tx.execute(consents.insert().values(state_hash=_hash(state), keep=keep, ends_at=now + LASTS, **fixed))


def take(tx: Connection, state: str, asked_by: str, now: datetime) -> Row[Any] | None:
    """The consents row of a creator who is back, for the first time and within `LASTS`; else None."""
    mine = (consents.c.state_hash == _hash(state), consents.c.asked_by == asked_by, consents.c.ends_at >= now)
    row = tx.execute(select(consents).where(*mine).with_for_update()).first()
    if row is not None:
        tx.execute(delete(consents).where(consents.c.state_hash == row.state_hash))
    return row


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
