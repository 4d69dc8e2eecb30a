"""Which worker processes are alive, as they say themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from engage.ledger.many import insert_ignoring
from engage.ledger.tables import engines

GONE = timedelta(minutes=10)  # a row this old is of a process that nobody will ask about again


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker said of itself last."""

    owner: str  # host:pid:random
    seen_at: datetime
    heard_at: datetime
    published_at: datetime | None

    @property
    def pid(self) -> int:
        return int(self.owner.split(":")[-2])


def report(
    tx: Connection,
    owner: str,
    queues: Sequence[str],
    now: datetime,
    heard_at: datetime | None = None,
    published_at: datetime | None = None,
) -> None:
    """A worker says that it works on these queues, and when wake-ups last came in and went out.

    Without queues it is still loading: it lives, and takes nothing yet.
    """
    tx.execute(insert_ignoring(tx, engines).values(owner=owner, queues=list(queues), started_at=now, seen_at=now))
    values = {"queues": list(queues), "seen_at": now, "heard_at": heard_at, "published_at": published_at}
    tx.execute(update(engines).where(engines.c.owner == owner).values(**values))
    tx.execute(delete(engines).where(engines.c.seen_at < now - GONE))


def reports(tx: Connection) -> list[Report]:
    """The last word of every worker that was alive lately."""
    heard = func.coalesce(engines.c.heard_at, engines.c.started_at).label("heard_at")
    rows = tx.execute(select(engines.c.owner, engines.c.seen_at, heard, engines.c.published_at))
    return [Report(row.owner, row.seen_at, row.heard_at, row.published_at) for row in rows]


def leave(tx: Connection, owner: str) -> None:
    tx.execute(delete(engines).where(engines.c.owner == owner))


def alive(tx: Connection, since: datetime) -> dict[str, list[str]]:
    """Owner → queues of the workers that were seen since then and have loaded what they need."""
    found = tx.execute(select(engines.c.owner, engines.c.queues).where(engines.c.seen_at >= since))
    return {row.owner: list(row.queues) for row in found if row.queues}
