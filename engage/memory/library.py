"""Bringing words in: files → ledger → vectors. Every step can be broken off and run again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engage.ledger.database import Database
from engage.memory.corpus import Stored, load_passages, mark_indexed, mark_waiting, store, waiting
from engage.memory.importers import Rejected, Row, read_paths
from engage.memory.passages import unique
from engage.memory.search import bare, matter, vector_ids
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
    """What an import did."""

    stored: Stored
    rejected: tuple[Rejected, ...]


def import_paths(
    db: Database, creator_id: str, paths: Sequence[Path], progress: Progress | None = None
) -> ImportReport:
    """Every row of files and folders into the ledger; `index_passages` then gives them vectors."""
    rejected: list[Rejected] = []
    stored = import_rows(db, creator_id, _accepted(read_paths(paths), rejected), progress)
    return ImportReport(stored, tuple(rejected))


def import_rows(db: Database, creator_id: str, rows: Iterable[Row], progress: Progress | None = None) -> Stored:
    """Rows into the ledger, a transaction every ROWS: breaking off keeps the finished ones, repeating adds nothing."""
    stored = Stored()
    for some in _portions(unique(rows), ROWS):
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
    texts = [text for passage in some for text in (matter(passage), bare(passage.question or "")) if text]
    vectors.add(creator_id, names, encoder.encode(texts))


def _reconcile(db: Database, vectors: "Vectors", creator_id: str) -> None:
    """Vectors whose passage is gone are removed; passages whose vector is gone wait again (a lost data directory)."""
    with db.reading() as tx:
        passages = load_passages(tx, creator_id)
        late = {passage.id for passage in waiting(tx, creator_id, len(passages) + 1)}
    stored = vectors.ids(creator_id)
    wanted = {name: passage.id for passage in passages for name in vector_ids(passage)}
    if orphans := sorted(stored - wanted.keys()):
        vectors.delete(creator_id, orphans)
    if lost := sorted({wanted[name] for name in wanted.keys() - stored} - late):
        with db.transaction() as tx:
            mark_waiting(tx, creator_id, lost)


def _accepted(rows: Iterable[Row | Rejected], rejected: list[Rejected]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, Rejected):
            rejected.append(row)
        else:
            yield row


def _portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while portion := list(islice(remaining, size)):
        yield portion
