"""Which passages an index covers: what is still to be made of a new one, and the step from the old one to it.

Plain functions over a connection. What an index holds is told by the digests that its vectors were stored with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from engage.ledger.changes import note_change
from engage.ledger.tables import passages
from engage.memory.corpus import COLUMNS, portions, read_passage
from engage.memory.texts import vector_names
from engage.models import Passage, PassageKind

Stored = Mapping[str, str]  # vector → digest of the passage that it was made of


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage that is searched, as it is now."""

    id: str
    asked: bool
    digest: str

    @property
    def names(self) -> list[str]:
        """Of its vectors."""
        return vector_names(self.id, asked=self.asked)

    def is_in(self, stored: Stored) -> bool:
        return all(stored.get(name) == self.digest for name in self.names)


def wanted(tx: Connection, creator_id: str) -> list[Wanted]:
    """What an index of the creator's must hold, by id."""
    asked = func.coalesce(passages.c.question, "") != ""
    query = select(passages.c.id, asked.label("asked"), passages.c.digest).where(*_searched(creator_id))
    return [Wanted(row.id, bool(row.asked), row.digest) for row in tx.execute(query.order_by(passages.c.id))]


def some(tx: Connection, creator_id: str, ids: Sequence[str]) -> list[tuple[Passage, str]]:
    """Passages and their digests; those that are gone are left out."""
    query = select(*COLUMNS, passages.c.digest).where(*_searched(creator_id), passages.c.id.in_(ids))
    return [(read_passage(row), row.digest) for row in tx.execute(query.order_by(passages.c.id))]


def lacking(tx: Connection, creator_id: str, stored: Stored) -> list[str]:
    """Ids of the passages that an index does not hold."""
    return [one.id for one in wanted(tx, creator_id) if not one.is_in(stored)]


def mark_covered(tx: Connection, creator_id: str, stored: Stored, now: datetime) -> None:
    """From now on what the new index holds counts as indexed, and what it lacks waits."""
    note_change(tx, creator_id)
    waits = select(passages.c.id).where(*_searched(creator_id), passages.c.indexed_at.is_(None))
    waiting = set(tx.execute(waits).scalars())
    missing = set(lacking(tx, creator_id, stored))
    for ids, value in ((missing - waiting, None), (waiting - missing, now)):
        for part in portions(sorted(ids)):
            rows = (passages.c.creator_id == creator_id, passages.c.id.in_(part))
            tx.execute(update(passages).where(*rows).values(indexed_at=value))


def sample(tx: Connection, creator_id: str, most: int) -> list[Passage]:
    """Some of the passages, spread evenly over all."""
    ids = [one.id for one in wanted(tx, creator_id)]
    step = max(1, -(-len(ids) // most))
    return [passage for part in portions(ids[::step]) for passage, _ in some(tx, creator_id, part)]


def _searched(creator_id: str) -> tuple[ColumnElement[bool], ...]:
    return passages.c.creator_id == creator_id, passages.c.kind != PassageKind.PRIVATE
