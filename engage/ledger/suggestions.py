"""Questions for the FAQ that the creator has approved or dismissed, each once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from engage.ledger.many import insert_ignoring
from engage.ledger.tables import suggestions

MOST = 2_000  # of one creator that are kept in mind
SHOWN = 20
APPROVED, DISMISSED = "approved", "dismissed"


@dataclass(frozen=True, slots=True)
class Settled:
    """A question as followers asked it, without names and contacts. turn_id: of the one it is worded by."""

    turn_id: str
    question: str
    state: str  # APPROVED or DISMISSED
    at: datetime


def settle(tx: Connection, creator_id: str, one: Settled) -> bool:
    """False where it was approved or dismissed before, in another window or by somebody else."""
    row = {"creator_id": creator_id, "turn_id": one.turn_id, "question": one.question, "state": one.state}
    added = insert_ignoring(tx, suggestions).values(**row, settled_at=one.at).returning(suggestions.c.turn_id)
    return tx.execute(added).first() is not None


def reopen(tx: Connection, creator_id: str, turn_id: str) -> bool:
    """It may be suggested again. False where it was not settled."""
    mine = (suggestions.c.creator_id == creator_id, suggestions.c.turn_id == turn_id)
    return bool(tx.execute(delete(suggestions).where(*mine)).rowcount)


def dismissed(tx: Connection, creator_id: str, limit: int = SHOWN) -> list[Settled]:
    """The newest that were dismissed."""
    return [one for one in settled(tx, creator_id) if one.state == DISMISSED][:limit]


def stamp(tx: Connection, creator_id: str) -> tuple[int, datetime | None]:
    """Equal as long as none was settled or taken back."""
    query = select(func.count(), func.max(suggestions.c.settled_at)).where(suggestions.c.creator_id == creator_id)
    count, last = tx.execute(query).one()
    return count, last


def settled(tx: Connection, creator_id: str) -> list[Settled]:
    """Newest first."""
    query = select(suggestions).where(suggestions.c.creator_id == creator_id)
    found = tx.execute(query.order_by(suggestions.c.settled_at.desc(), suggestions.c.turn_id).limit(MOST))
    return [Settled(row.turn_id, row.question, row.state, row.settled_at) for row in found]
