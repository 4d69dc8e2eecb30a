"""What is known of the encoders that are reached by a spec: how to reach them, how wide they are, and what went wrong.

The address and the key are kept, encrypted by the caller: an index serves on after the setting named another encoder.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from engage.ledger import indexes
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import encoders

AGAIN = timedelta(seconds=5)  # after the first failure; twice as long after each one more …
AT_MOST = timedelta(minutes=5)


def get(tx: Connection, spec: str) -> Row[Any] | None:
    return tx.execute(select(encoders).where(encoders.c.spec == spec)).first()


def specs(tx: Connection) -> frozenset[str]:
    """Those that are known."""
    return frozenset(tx.execute(select(encoders.c.spec)).scalars())


def keep(tx: Connection, spec: str, access: bytes) -> None:
    """How it is reached. What went wrong on the way of before says nothing of this one."""
    nothing = {"failures": 0, "problem": "", "again_at": None}
    tx.execute(insert_ignoring(tx, encoders).values(spec=spec, access=access, **nothing))
    tx.execute(update(encoders).where(encoders.c.spec == spec).values(access=access, **nothing))


def note_width(tx: Connection, spec: str, width: int) -> None:
    """How many numbers its vectors have, once some are stored; it came through."""
    values = {"width": width, "failures": 0, "problem": "", "again_at": None}
    changed = (encoders.c.width.is_(None)) | (encoders.c.width != width) | (encoders.c.failures > 0)
    tx.execute(update(encoders).where(encoders.c.spec == spec, changed).values(**values))


def note_failure(tx: Connection, spec: str, problem: str, wait: timedelta | None, now: datetime) -> datetime:
    """It made no vectors. Returns when it is asked again. wait: what it asked for itself."""
    known = get(tx, spec)
    failures = known.failures if known else 0
    again_at: datetime = now + max(wait or AGAIN, min(AGAIN * 2 ** min(failures, 10), AT_MOST))
    values = {"failures": failures + 1, "problem": problem, "again_at": again_at}
    tx.execute(update(encoders).where(encoders.c.spec == spec).values(**values))
    return again_at


def sweep(tx: Connection, wanted: str) -> None:
    """Forget those that no index is of and that nobody wants, with their keys."""
    used = [wanted, *indexes.in_use(tx)]
    tx.execute(delete(encoders).where(encoders.c.spec.not_in(used)))


def resting(tx: Connection, now: datetime) -> frozenset[str]:
    """The specs that are not to be asked for passages' vectors yet."""
    return frozenset(tx.execute(select(encoders.c.spec).where(encoders.c.again_at > now)).scalars())
