"""Bringing words in: files → ledger → vectors. Every step can be broken off and run again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engage.confidential import is_confidential
from engage.ledger.database import Database
from engage.memory.corpus import Stored, mark_indexed, mark_waiting, searched, store, waiting
from engage.memory.importers import Me, read_paths
from engage.memory.importers.rows import (
    CONFIDENTIAL,
    Character,
    Correction,
    Dropped,
    Faq,
    Pair,
    Private,
    Product,
    Rejected,
    Row,
    Said,
)
from engage.memory.search import vector_ids, vector_names, vector_texts
from engage.memory.spool import last_of_each
from engage.models import Passage

if TYPE_CHECKING:
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.vectors import Vectors

T = TypeVar("T")
Progress = Callable[[int], None]  # called with how many more are done

ROWS = 500  # in one transaction: what a Ctrl-C may throw away
PASSAGES = 256  # encoded and sent to Chroma at once


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. dropped: how much was left out on purpose, by reason; characters: for the caller to adopt."""

    stored: Stored
    rejected: tuple[Rejected, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    characters: tuple[Character, ...] = ()


def import_paths(
    db: Database, creator_id: str, paths: Sequence[Path], progress: Progress | None = None, me: Me | None = None
) -> ImportReport:
    """Every row of files and folders into the ledger; `index_passages` then gives them vectors.

    me: by which names the creator goes where several people speak.
    """
    return import_read(db, creator_id, read_paths(paths, me), progress)


def import_read(
    db: Database, creator_id: str, read: Iterable[Row | Rejected | Dropped], progress: Progress | None = None
) -> ImportReport:
    """`import_paths` for what is read already."""
    sifted = _Sifted()
    stored = import_rows(db, creator_id, sifted.documents(read), progress)
    return ImportReport(stored, tuple(sifted.rejected), dict(sifted.dropped), tuple(sifted.characters))


def import_rows(db: Database, creator_id: str, rows: Iterable[Row], progress: Progress | None = None) -> Stored:
    """Rows into the ledger, a transaction every ROWS: breaking off keeps the finished ones, repeating adds nothing."""
    stored = Stored()
    for some in _portions(last_of_each(rows), ROWS):
        with db.transaction() as tx:
            stored += store(tx, creator_id, some, datetime.now(UTC))
        if progress:
            progress(len(some))
    return stored


def index_passages(
    db: Database,
    vectors: "Vectors",
    creator_id: str,
    encoder: "SentenceEncoder | None" = None,
    progress: Progress | None = None,
) -> int:
    """Vectors for every passage that has none yet → how many. Raises Unavailable where Chroma is down."""
    _reconcile(db, vectors, creator_id)
    done = 0
    while True:
        with db.reading() as tx:
            some = waiting(tx, creator_id, PASSAGES)
        if not some:
            return done
        _index(vectors, creator_id, some, encoder)
        with db.transaction() as tx:
            mark_indexed(tx, creator_id, some, datetime.now(UTC))
        done += len(some)
        if progress:
            progress(len(some))


def _index(vectors: "Vectors", creator_id: str, some: Sequence[Passage], encoder: "SentenceEncoder | None") -> None:
    if encoder is None:
        from engage.memory.encoder import shared_encoder

        encoder = shared_encoder()
    names = [name for passage in some for name in vector_ids(passage)]
    texts = [text for passage in some for text in vector_texts(passage)]
    vectors.add(creator_id, names, encoder.encode(texts))


def _reconcile(db: Database, vectors: "Vectors", creator_id: str) -> None:
    """Vectors whose passage is gone are removed; passages whose vector is gone wait again (a lost data directory)."""
    stored = vectors.ids(creator_id)
    with db.reading() as tx:
        entries = searched(tx, creator_id)
    missing: set[str] = set()
    for entry in entries:
        for name in vector_names(entry.id, asked=entry.asked):
            if name in stored:
                stored.remove(name)
            elif entry.indexed:
                missing.add(entry.id)
    if orphans := sorted(stored):
        vectors.delete(creator_id, orphans)
    if lost := sorted(missing):
        with db.transaction() as tx:
            mark_waiting(tx, creator_id, lost)


@dataclass
class _Sifted:
    """What is read, by what becomes of it."""

    rejected: list[Rejected] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    characters: list[Character] = field(default_factory=list)

    def documents(self, read: Iterable[Row | Rejected | Dropped]) -> Iterator[Row]:
        """The rows that become documents; the rest is noted."""
        for row in read:
            if isinstance(row, Rejected):
                self.rejected.append(row)
            elif isinstance(row, Dropped):
                self.dropped[row.reason] += row.count
            elif isinstance(row, Character):
                self.characters.append(row)
            elif any(map(is_confidential, _texts(row))):
                self.dropped[CONFIDENTIAL] += 1
            else:
                yield row


def _texts(row: Row) -> tuple[str, ...]:
    match row:
        case Said() | Private():
            return (row.text,)
        case Pair() | Correction():
            return (row.question, row.reply)
        case Faq():
            return (row.question, row.answer)
        case Product():
            return (row.name, row.text)
        case Character():
            return (*row.bio, *row.style_rules)


def _portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while portion := list(islice(remaining, size)):
        yield portion
