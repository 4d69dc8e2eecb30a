"""Requests to be erased that came by a platform: kept before the platform's 2xx, carried out by any worker.

Whoever asked may be a follower, or a creator who took the application away; the platform does not say which.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, select, text, update

from engage.ledger import audit, removal
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import ASKED, erasures

ASKED_AGAIN = timedelta(days=7)  # within this time a platform sends a request again
TOLD_FOR = timedelta(days=180)  # how long the page tells that it was done


def ask(tx: Connection, platform: str, person_id: str, key: str, now: datetime) -> str:
    """Keep a request, due at once. Returns its code: the same one where the platform asks again."""
    key_hash = sha256(f"{platform} {key}".encode()).hexdigest()
    values = {"platform": platform, "person_id": person_id, "asked_at": now, "due_at": now, "erased": 0}
    tx.execute(insert_ignoring(tx, erasures).values(code=secrets.token_urlsafe(32), key_hash=key_hash, **values))
    return str(tx.execute(select(erasures.c.code).where(erasures.c.key_hash == key_hash)).scalar_one())


def find(tx: Connection, code: str) -> Row[Any] | None:
    """The erasures row of a code."""
    if not code.isascii() or "\x00" in code:
        return None
    return tx.execute(select(erasures).where(erasures.c.code == code)).first()


def claim(tx: Connection, lease: timedelta, now: datetime) -> Row[Any] | None:
    """Take the one that waits longest."""
    due = select(erasures).where(text(ASKED), erasures.c.due_at <= now).order_by(erasures.c.due_at).limit(1)
    row = tx.execute(due.with_for_update(skip_locked=True)).first()
    if row is not None:
        tx.execute(update(erasures).where(erasures.c.code == row.code).values(due_at=now + lease))
    return row


def note_erased(tx: Connection, code: str, count: int) -> None:
    """So many rows of theirs are gone already."""
    tx.execute(update(erasures).where(erasures.c.code == code).values(erased=erasures.c.erased + count))


def carry_out(tx: Connection, code: str, nothing: bytes, now: datetime) -> bool:
    """Erase a portion of the accounts of whoever asked. True once nothing is left: then the request forgets them too.

    What a follower said is erased before, with its vectors (`workers/erasing.py`).

    nothing: no credentials, as the vault locks them.
    """
    row = tx.execute(select(erasures).where(erasures.c.code == code, text(ASKED)).with_for_update()).first()
    if row is None:
        return True  # another worker has done it
    count, rest = removal.remove_accounts(tx, row.platform, row.person_id, nothing, now)
    if not rest:
        over = {"person_id": None, "due_at": None, "done_at": now}
        audit.record(tx, row.platform, "erase", None, row.platform, {"rows": row.erased + count}, now)
    else:
        over = {"due_at": now}
    tx.execute(update(erasures).where(erasures.c.code == code).values(erased=row.erased + count, **over))
    return not rest


def put_off(tx: Connection, code: str, until: datetime) -> None:
    """It failed: somebody tries again then."""
    tx.execute(update(erasures).where(erasures.c.code == code, text(ASKED)).values(due_at=until))


def next_due(tx: Connection) -> datetime | None:
    found: datetime | None = tx.execute(
        select(erasures.c.due_at).where(text(ASKED)).order_by(erasures.c.due_at).limit(1)
    ).scalar_one_or_none()
    return found


def sweep(tx: Connection, now: datetime) -> int:
    """Requests that were done long ago go; of those that no platform asks again, what they were known by."""
    known = (erasures.c.done_at < now - ASKED_AGAIN, erasures.c.key_hash != erasures.c.code)
    tx.execute(update(erasures).where(*known).values(key_hash=erasures.c.code))
    return tx.execute(delete(erasures).where(erasures.c.done_at < now - TOLD_FOR)).rowcount
