"""Bringing words in: files → ledger → vectors. Every step can be broken off and run again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engage.confidential import is_confidential
from engage.errors import EngageError, Unavailable
from engage.ledger.database import Database
from engage.ledger.encoders import note_width
from engage.ledger.indexes import BUILT_IN, Index, note_background, serving, still_serves
from engage.memory.corpus import Stored, counts, mark_indexed, mark_waiting, searched, store, waiting
from engage.memory.encoding import NotEncoded, encoded
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
from engage.memory.passages import passage_digest
from engage.memory.reindexing import PORTION, measured
from engage.memory.spool import last_of_each
from engage.memory.texts import vector_ids, vector_names, vector_texts
from engage.memory.vectors import holder_of
from engage.models import Passage

if TYPE_CHECKING:
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.encoding import Encoder, Encoders
    from engage.memory.vectors import Vectors

T = TypeVar("T")
Progress = Callable[[int], None]  # called with how many more are done

ROWS = 500  # in one transaction: what a Ctrl-C may throw away
PASSAGES = 256  # encoded and sent to Chroma at once
GROWN = 2  # times as many passages, from which on an encoder's background is measured again


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
        with db.transaction(creator=creator_id) as tx:
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
    others: "Encoders | None" = None,
) -> int:
    """Vectors for every passage that has none yet, in the index that serves → how many.

    others: gives encoders by spec, where another than the built-in one serves. Raises Unavailable where Chroma is down,
    and the kind of it that is called NotEncoded where that encoder fails.
    """
    with db.reading(creator=creator_id) as tx:
        index = serving(tx, creator_id)
    _reconcile(db, vectors, creator_id, holder_of(creator_id, index.spec))
    done = 0
    while True:
        with db.reading(creator=creator_id) as tx:
            index = serving(tx, creator_id)
            some = waiting(tx, creator_id, PASSAGES if index.spec == BUILT_IN else PORTION)
        if not some:
            return done
        chosen = _encoder_of(index.spec, encoder, others)
        width = _index(vectors, holder_of(creator_id, index.spec), some, chosen)
        found = _measured_again(db, vectors, creator_id, chosen, index)
        with db.transaction() as tx:
            if not still_serves(tx, creator_id, index.spec):
                continue  # another took its place meanwhile: they wait for that one
            mark_indexed(tx, creator_id, some, datetime.now(UTC))
            note_width(tx, index.spec, width)
            if found != index:
                note_background(tx, creator_id, found)
        done += len(some)
        if progress:
            progress(len(some))


def _index(vectors: "Vectors", holder: str, some: Sequence[Passage], encoder: "Encoder") -> int:
    """Stores the vectors of some passages → how wide they are."""
    names = [name for passage in some for name in vector_ids(passage)]
    texts = [text for passage in some for text in vector_texts(passage)]
    made = encoded(encoder, texts)
    if encoder.local:
        vectors.add(holder, names, made)
    else:
        vectors.add(holder, names, made, [passage_digest(passage) for passage in some for _ in vector_ids(passage)])
    return int(made.shape[1])


def _measured_again(db: Database, vectors: "Vectors", creator_id: str, encoder: "Encoder", index: Index) -> Index:
    """Another encoder's background, at the first passages and whenever there are twice as many."""
    if encoder.local:
        return index
    with db.reading(creator=creator_id) as tx:
        count = counts(tx, creator_id)
    if index.measured and sum(count.values()) - count["waiting"] < GROWN * index.measured:
        return index
    return measured(db, vectors, creator_id, encoder)


def _encoder_of(spec: str, built_in: "SentenceEncoder | None", others: "Encoders | None") -> "Encoder":
    if spec == BUILT_IN:
        from engage.memory.encoder import shared_encoder

        return built_in or shared_encoder()
    if others is None:
        raise Unavailable(f"no embeddings {spec} here")
    try:
        return others(spec)
    except EngageError as error:
        raise NotEncoded(spec, error) from error


def _reconcile(db: Database, vectors: "Vectors", creator_id: str, holder: str) -> None:
    """Vectors whose passage is gone are removed; passages whose vector is gone wait again (a lost data directory)."""
    stored = vectors.ids(holder)
    with db.reading(creator=creator_id) as tx:
        entries = searched(tx, creator_id)
    missing: set[str] = set()
    for entry in entries:
        for name in vector_names(entry.id, asked=entry.asked):
            if name in stored:
                stored.remove(name)
            elif entry.indexed:
                missing.add(entry.id)
    if orphans := sorted(stored):
        vectors.delete(holder, orphans)
    if lost := sorted(missing):
        with db.transaction(creator=creator_id) as tx:
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
