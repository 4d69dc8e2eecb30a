"""Work that one process at a time does for all: whoever comes first has it, and whoever comes after it ended."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

from engage.ledger.many import insert_ignoring
from engage.ledger.tables import duties

SWEPT = 500  # rows of one kind that one sweep touches: its transaction is short, and it comes again


def take(tx: Connection, name: str, owner: str, span: timedelta, now: datetime) -> bool:
    """True where `owner` has the duty for the next `span`: nobody had it, or the one that had it did not come again."""
    if tx.execute(insert_ignoring(tx, duties).values(name=name, owner=owner, until=now + span)).rowcount == 1:
        return True
    free = or_(duties.c.owner == owner, duties.c.until <= now)
    mine = update(duties).where(duties.c.name == name, free).values(owner=owner, until=now + span)
    return tx.execute(mine).rowcount == 1


def give_back(tx: Connection, name: str, owner: str, now: datetime) -> None:
    """It is done: the next one need not wait until the span is over."""
    tx.execute(update(duties).where(duties.c.name == name, duties.c.owner == owner).values(until=now))
