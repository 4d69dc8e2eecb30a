"""The creator's words in the ledger: what is known, what changed, what still waits for its vector.

Plain functions over a connection, every one keyed by the creator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from engage.ledger.among import among
from engage.ledger.changes import note_change
from engage.ledger.tables import creators, documents, passages
from engage.memory.importers.rows import Row
from engage.memory.passages import cut, document_id, kind_of, passage_digest, row_digest, unique
from engage.models import Passage, PassageKind, Surface

COLUMNS = (
    passages.c.id,
    passages.c.source_id,
    passages.c.kind,
    passages.c.text,
    passages.c.question,
    passages.c.title,
    passages.c.url,
    passages.c.said_at,
    passages.c.language,
    passages.c.surface,
)
_LOOKED_AT = 40  # creators, of whom many may have told no replies
_OTHERS, _OTHERS_EACH = 8, 150  # whose replies a voice is told from
_ASKED_AT_ONCE = 500  # ids in one IN list: SQLite takes 32,766 parameters, old builds 999


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a batch did: documents new or changed, and how many of them of which kind."""

    documents: int = 0
    passages: int = 0
    pairs: int = 0
    products: int = 0
    unchanged: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.documents + other.documents,
            self.passages + other.passages,
            self.pairs + other.pairs,
            self.products + other.products,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage that is searched. asked: whether it answered a question; indexed: whether its vectors were stored."""

    id: str
    asked: bool
    indexed: bool


def store(tx: Connection, creator_id: str, rows: Sequence[Row], now: datetime) -> Stored:
    """Insert or replace documents and their passages; what is known and the same is left alone."""
    wanted = unique(rows)
    known = _digests(tx, creator_id, [document_id(row) for row in wanted])
    changed = [row for row in wanted if known.get(document_id(row)) != row_digest(row)]
    if changed:
        note_change(tx, creator_id)
    _forget_documents(tx, creator_id, [document_id(row) for row in changed if document_id(row) in known])
    cuts = [passage for row in changed for passage in cut(row)]
    if changed:
        tx.execute(insert(documents), [_document(creator_id, row, now) for row in changed])
        tx.execute(insert(passages), [_passage(creator_id, passage, now) for passage in cuts])
    kinds = [kind_of(row) for row in changed]
    pairs = sum(kind in (PassageKind.PAIR, PassageKind.FAQ, PassageKind.CORRECTION) for kind in kinds)
    products = kinds.count(PassageKind.PRODUCT)
    return Stored(len(changed), len(cuts), pairs, products, unchanged=len(wanted) - len(changed))


def load_passages(tx: Connection, creator_id: str) -> list[Passage]:
    """Every passage of the creator, by id."""
    found = tx.execute(select(*COLUMNS).where(passages.c.creator_id == creator_id).order_by(passages.c.id))
    return [read_passage(row) for row in found]


def load_some(tx: Connection, creator_id: str, most: int) -> list[Passage]:
    """At most so many of the passages, evenly over the whole: enough to learn a voice from."""
    mine = passages.c.creator_id == creator_id
    count = tx.execute(select(func.count()).select_from(passages).where(mine)).scalar_one()
    step = -(-count // most)
    if step <= 1:
        return load_passages(tx, creator_id)
    place = func.row_number().over(order_by=passages.c.id).label("place")
    numbered = select(passages.c.id, place).where(mine).subquery()
    chosen = select(*COLUMNS).join(numbered, numbered.c.id == passages.c.id).where(mine, numbered.c.place % step == 0)
    return [read_passage(row) for row in tx.execute(chosen.order_by(passages.c.id))]


def replies_of_others(tx: Connection, creator_id: str) -> list[str]:
    """What some other creators of this installation replied to followers: what a voice is told from."""
    return [reply for theirs in answers_of_others(tx, creator_id) for _, reply in theirs]


def answers_of_others(tx: Connection, creator_id: str) -> list[list[tuple[str, str]]]:
    """Questions and replies of some other creators of this installation, a list for each of them.

    Those whose ids come after the creator's, round the end: ids are random, so that these are any. Bounded: a few
    lookups however many creators there are.
    """
    after = select(creators.c.id).where(creators.c.id > creator_id).order_by(creators.c.id).limit(_LOOKED_AT)
    before = select(creators.c.id).where(creators.c.id < creator_id).order_by(creators.c.id).limit(_LOOKED_AT)
    ring = [*tx.execute(after).scalars(), *tx.execute(before).scalars()][:_LOOKED_AT]
    pairs = (passages.c.creator_id == creators.c.id, passages.c.kind == PassageKind.PAIR)
    told = select(creators.c.id).where(among(creators.c.id, ring), select(passages.c.id).where(*pairs).exists())
    replied = set(tx.execute(told).scalars())
    return [_answers(tx, other) for other in [other for other in ring if other in replied][:_OTHERS]]


def _answers(tx: Connection, creator_id: str) -> list[tuple[str, str]]:
    """Some of a creator's questions and replies."""
    columns = (func.coalesce(passages.c.question, ""), passages.c.text)
    theirs = select(*columns).where(passages.c.creator_id == creator_id, passages.c.kind == PassageKind.PAIR)
    found = tx.execute(theirs.order_by(passages.c.id).limit(_OTHERS_EACH))
    return [(question, reply) for question, reply in found]


def versions(tx: Connection, creator_id: str) -> tuple[str, str]:
    """The first changes with every import that changed something, the second when passages got their vectors.

    The second is "" while some still wait for theirs. What is kept of the creator's words in memory is kept by both.
    """
    imported = select(func.count().label("count"), func.max(documents.c.imported_at).label("last"))
    imported_of = imported.where(documents.c.creator_id == creator_id).subquery()
    mine = passages.c.creator_id == creator_id
    indexed = select(func.max(passages.c.indexed_at)).where(mine).scalar_subquery()
    late = select(passages.c.id).where(mine, passages.c.indexed_at.is_(None)).limit(1).scalar_subquery()
    found = tx.execute(select(imported_of.c.count, imported_of.c.last, indexed, late)).one()
    return f"{found[0]}@{found[1]}", "" if found[3] is not None else str(found[2])


def counts(tx: Connection, creator_id: str) -> dict[str, int]:
    """Passages of each kind, and under "waiting" those without a vector yet."""
    mine = passages.c.creator_id == creator_id
    found = tx.execute(select(passages.c.kind, func.count()).where(mine).group_by(passages.c.kind))
    waiting = tx.execute(select(func.count()).where(mine, passages.c.indexed_at.is_(None))).scalar_one()
    return {**{str(PassageKind(kind)): count for kind, count in found}, "waiting": waiting}


def searched(tx: Connection, creator_id: str) -> list[Entry]:
    """What should have a vector. Without the words: of a large corpus they would fill the memory."""
    asked = func.coalesce(passages.c.question, "") != ""
    query = select(passages.c.id, asked.label("asked"), passages.c.indexed_at.is_not(None).label("indexed"))
    mine = (passages.c.creator_id == creator_id, passages.c.kind != PassageKind.PRIVATE)
    return [Entry(row.id, bool(row.asked), bool(row.indexed)) for row in tx.execute(query.where(*mine))]


def waiting(tx: Connection, creator_id: str, limit: int) -> list[Passage]:
    """Passages whose vectors are still to come."""
    found = tx.execute(
        select(*COLUMNS)
        .where(passages.c.creator_id == creator_id, passages.c.indexed_at.is_(None))
        .order_by(passages.c.id)
        .limit(limit)
    )
    return [read_passage(row) for row in found]


def mark_indexed(tx: Connection, creator_id: str, indexed: Sequence[Passage], now: datetime) -> None:
    """Their vectors are stored. A passage that an import changed meanwhile keeps waiting."""
    note_change(tx, creator_id)
    for passage in indexed:
        tx.execute(
            update(passages)
            .where(
                passages.c.creator_id == creator_id,
                passages.c.id == passage.id,
                passages.c.digest == passage_digest(passage),
            )
            .values(indexed_at=now)
        )


def mark_waiting(tx: Connection, creator_id: str, ids: Sequence[str]) -> None:
    """Their vectors are lost: they are to be indexed again."""
    note_change(tx, creator_id)
    for some in portions(ids):
        mine = (passages.c.creator_id == creator_id, passages.c.id.in_(some))
        tx.execute(update(passages).where(*mine).values(indexed_at=None))


def forget(tx: Connection, creator_id: str) -> None:
    """Erase all the creator's words from the ledger."""
    note_change(tx, creator_id)
    tx.execute(delete(passages).where(passages.c.creator_id == creator_id))
    tx.execute(delete(documents).where(documents.c.creator_id == creator_id))


def _digests(tx: Connection, creator_id: str, ids: Sequence[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for some in portions(ids):
        mine = (documents.c.creator_id == creator_id, documents.c.id.in_(some))
        found = tx.execute(select(documents.c.id, documents.c.digest).where(*mine))
        known.update((row.id, row.digest) for row in found)
    return known


def _forget_documents(tx: Connection, creator_id: str, ids: Sequence[str]) -> None:
    for name in ids:
        kind, source_id = name.split(":", 1)
        tx.execute(
            delete(passages).where(
                passages.c.creator_id == creator_id, passages.c.source_id == source_id, passages.c.kind == kind
            )
        )
        tx.execute(delete(documents).where(documents.c.creator_id == creator_id, documents.c.id == name))


def _document(creator_id: str, row: Row, now: datetime) -> dict[str, Any]:
    return {
        "creator_id": creator_id,
        "id": document_id(row),
        "kind": str(kind_of(row)),
        "digest": row_digest(row),
        "title": getattr(row, "title", None) or getattr(row, "name", None),
        "url": getattr(row, "url", None),
        "said_at": getattr(row, "said_at", None),
        "imported_at": now,
    }


def _passage(creator_id: str, passage: Passage, now: datetime) -> dict[str, Any]:
    values = {column.name: getattr(passage, column.name) for column in COLUMNS}
    return {
        **values,
        "creator_id": creator_id,
        "kind": str(passage.kind),
        "surface": passage.surface and str(passage.surface),
        "digest": passage_digest(passage),
        "indexed_at": now if passage.kind is PassageKind.PRIVATE else None,  # it is never searched
    }


def read_passage(row: Any) -> Passage:
    """Of a row with COLUMNS."""
    values = {column.name: getattr(row, column.name) for column in COLUMNS}
    kept = {"kind": PassageKind(row.kind), "surface": Surface(row.surface) if row.surface else None}
    return Passage(**{**values, **kept})


def portions(ids: Sequence[str]) -> list[Sequence[str]]:
    """Small enough to be asked for at once."""
    return [ids[start : start + _ASKED_AT_ONCE] for start in range(0, len(ids), _ASKED_AT_ONCE)]
