"""Events that platforms bring only to whoever asks for them: whose are asked for next, by one process at a time.

`accounts.subscribe_at` says when somebody may take the account, or the end of the lease of whoever asks at this moment.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engage.ledger.among import among
from engage.ledger.apps import LINKED
from engage.ledger.tables import accounts


def claim(tx: Connection, limit: int, lease: timedelta, now: datetime) -> list[Row[Any]]:
    """Take active accounts whose platform must be asked, those that wait longest first."""
    mine = (accounts.c.subscribe_at.is_not(None), accounts.c.subscribe_at <= now, accounts.c.state == "active")
    due = LINKED.where(*mine).order_by(accounts.c.subscribe_at).limit(limit)
    rows = tx.execute(due.with_for_update(of=accounts, key_share=True, skip_locked=True)).all()
    if rows:
        taken = update(accounts).where(among(accounts.c.id, [row.id for row in rows]))
        tx.execute(taken.values(subscribe_at=now + lease))
    return list(rows)


def settle(tx: Connection, account: Row[Any], again_at: datetime | None, problem: str = "") -> None:
    """When to ask again (None: never), and why it could not be asked."""
    asked = update(accounts).where(accounts.c.id == account.id)
    tx.execute(asked.values(subscribe_at=again_at, unsubscribed=problem))


def next_due(tx: Connection) -> datetime | None:
    mine = (accounts.c.subscribe_at.is_not(None), accounts.c.state == "active")
    first = select(accounts.c.subscribe_at).where(*mine).order_by(accounts.c.subscribe_at).limit(1)
    found: datetime | None = tx.execute(first).scalar_one_or_none()
    return found
