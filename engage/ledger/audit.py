"""Who did what, and when. Details never hold texts or names of followers: an erasure must not have to look here."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engage.ledger.tables import audit


def record(
    tx: Connection,
    actor: str,
    action: str,
    creator_id: str | None,
    subject: str,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Note an action in the transaction that carries it out: both are kept, or neither."""
    values = {"actor": actor, "action": action, "creator_id": creator_id, "subject": subject, "details": details}
    tx.execute(audit.insert().values(at=now, **values))


def entries(tx: Connection, creator_id: str | None = None, limit: int = 100) -> list[Row[Any]]:
    """The newest entries, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    return list(tx.execute(query.where(audit.c.creator_id == creator_id) if creator_id else query))
