"""What the creator wrote by hand and the avatar learnt, by the turn it was written for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, select, update

from engage.ledger.among import among
from engage.ledger.changes import note_change
from engage.ledger.tables import documents, passages, suggestions, turns
from engage.models import PassageKind

OF_QUESTION = "question:"  # before the turn's id, in the ids of answers that were approved for the FAQ here
NEWEST = 50
BY_HAND = (PassageKind.CORRECTION, PassageKind.PRIVATE)  # said to whoever asks the same, or for the voice alone


def withdraw(tx: Connection, turn_ids: Sequence[str]) -> int:
    """Unlearn what was learnt of these turns. Returns of how many there was something."""
    if not turn_ids:
        return 0
    creators = set(tx.execute(select(turns.c.creator_id).where(among(turns.c.id, turn_ids))).scalars())
    names = [f"{kind}:{turn_id}" for turn_id in turn_ids for kind in BY_HAND]
    mine = (documents.c.creator_id.in_(creators), among(documents.c.id, names))
    changed = set(tx.execute(select(documents.c.creator_id).where(*mine)).scalars())
    if not changed:
        return 0
    for creator_id in sorted(changed):
        note_change(tx, creator_id)
    gone = tx.execute(delete(documents).where(*mine)).rowcount
    cut = [f"{name}#0" for name in names]
    tx.execute(delete(passages).where(passages.c.creator_id.in_(creators), among(passages.c.id, cut)))
    _tidy_vectors(tx, creators)
    return gone


def _tidy_vectors(tx: Connection, creators: Collection[str]) -> None:
    """Vectors whose passage is gone are removed where passages of the same creator wait for theirs: one does now."""
    searched = (passages.c.creator_id.in_(creators), passages.c.kind != PassageKind.PRIVATE)
    first = select(passages.c.creator_id, func.min(passages.c.id)).where(*searched).group_by(passages.c.creator_id)
    for creator_id, passage_id in tx.execute(first).all():
        mine = (passages.c.creator_id == creator_id, passages.c.id == passage_id)
        tx.execute(update(passages).where(*mine).values(indexed_at=None))


def forget_asked(tx: Connection, turn_ids: Sequence[str]) -> None:
    """Nothing is kept of what was asked there: it was taken back, changed, or is to be erased.

    Nor is what was learnt: to what they ask now the creator has not replied. An approved answer stays in the FAQ.
    """
    if turn_ids:
        withdraw(tx, turn_ids)
        tx.execute(delete(suggestions).where(among(suggestions.c.turn_id, turn_ids)))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A correction, or an answer approved for the FAQ. turn_id: of the question; question: as it is compared."""

    turn_id: str
    kind: PassageKind
    question: str
    text: str
    at: datetime


def lessons(tx: Connection, creator_id: str, kind: PassageKind, limit: int = NEWEST) -> list[Lesson]:
    """What the avatar learnt here, newest first; imported words are not among them. kind: CORRECTION or FAQ."""
    found = tx.execute(_lessons(creator_id, kind).order_by(documents.c.imported_at.desc(), documents.c.id).limit(limit))
    return [_read(row) for row in found]


def lesson(tx: Connection, creator_id: str, kind: PassageKind, turn_id: str) -> Lesson | None:
    """That of one turn."""
    row = tx.execute(_lessons(creator_id, kind).where(documents.c.id == f"{_prefix(kind)}{turn_id}")).first()
    return _read(row) if row else None


def _prefix(kind: PassageKind) -> str:
    return f"{kind}:{OF_QUESTION}" if kind is PassageKind.FAQ else f"{kind}:"


def _lessons(creator_id: str, kind: PassageKind) -> Select[Any]:
    mine = (documents.c.creator_id == creator_id, documents.c.kind == kind, documents.c.id.startswith(_prefix(kind)))
    filed = and_(passages.c.creator_id == documents.c.creator_id, passages.c.id == documents.c.id.concat("#0"))
    query = select(documents.c.id, documents.c.kind, documents.c.imported_at, passages.c.question, passages.c.text)
    return query.join(passages, filed).where(*mine)


def _read(row: Any) -> Lesson:
    return Lesson(row.id.rpartition(":")[2], PassageKind(row.kind), row.question or "", row.text, row.imported_at)


def forget_answer(tx: Connection, creator_id: str, turn_id: str) -> bool:
    """Take an answer out of the FAQ that was approved for a turn's question. False where there is none."""
    name = f"{PassageKind.FAQ}:{OF_QUESTION}{turn_id}"
    note_change(tx, creator_id)
    gone = tx.execute(delete(documents).where(documents.c.creator_id == creator_id, documents.c.id == name)).rowcount
    tx.execute(delete(passages).where(passages.c.creator_id == creator_id, passages.c.id == f"{name}#0"))
    return bool(gone)


def use_of(tx: Connection, creator_id: str, turn_id: str) -> PassageKind | None:
    """CORRECTION where the avatar says the creator's words about a turn again, PRIVATE where they teach the voice."""
    names = [f"{kind}:{turn_id}" for kind in BY_HAND]
    mine = (documents.c.creator_id == creator_id, among(documents.c.id, names))
    kind = tx.execute(select(documents.c.kind).where(*mine)).scalar_one_or_none()
    return PassageKind(kind) if kind else None
