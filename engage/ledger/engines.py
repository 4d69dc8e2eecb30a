"""Which worker processes are alive, as they say themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from engage.ledger.inbox import insert_ignoring
from engage.ledger.tables import engines

GONE = timedelta(minutes=10)  # a row this old is of a process that nobody will ask about again


def report(tx: Connection, owner: str, queues: Sequence[str], now: datetime) -> None:
    """A worker says that it works on these queues."""
    tx.execute(insert_ignoring(tx, engines).values(owner=owner, queues=list(queues), started_at=now, seen_at=now))
    tx.execute(update(engines).where(engines.c.owner == owner).values(seen_at=now))
    tx.execute(delete(engines).where(engines.c.seen_at < now - GONE))


def leave(tx: Connection, owner: str) -> None:
    tx.execute(delete(engines).where(engines.c.owner == owner))


def alive(tx: Connection, since: datetime) -> dict[str, list[str]]:
    """Owner → queues of the workers seen since then."""
    found = tx.execute(select(engines.c.owner, engines.c.queues).where(engines.c.seen_at >= since))
    return {row.owner: list(row.queues) for row in found}
