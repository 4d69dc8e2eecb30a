"""Another index for a creator, made beside the one that serves and put in its place when it is whole.

What the new one holds is told by the new collection itself: a process that is killed loses at most the portion it was
encoding, and nothing is encoded twice.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from engage.ledger import encoders, indexes
from engage.ledger.database import Database
from engage.ledger.indexes import Index
from engage.memory import background, coverage
from engage.memory.encoding import Encoder, encoded
from engage.memory.texts import matter, vector_ids, vector_texts
from engage.memory.vectors import holder_of

if TYPE_CHECKING:
    from engage.memory.vectors import Vectors

PORTION = 64  # passages encoded and stored at once: what a kill may throw away
FEW = 16  # imported while the last portion was encoded: they wait in the new index, not in the way of it


class Reindexing:
    """One creator's way to one encoder. Each step is short; what ends it can be begun again."""

    def __init__(self, db: Database, vectors: "Vectors", creator_id: str, encoder: Encoder) -> None:
        self.creator_id = creator_id
        self.spec = encoder.spec
        self._db = db
        self._vectors = vectors
        self._encoder = encoder
        self._holder = holder_of(creator_id, encoder.spec)
        self._stored: dict[str, str] | None = None  # vector → digest of what it was made of
        self._missing: list[str] = []
        self._total = 0

    def step(self) -> bool:
        """Encode a portion, or take the old index's place: then True.

        Raises NotEncoded where the encoder fails, Unavailable where Chroma or the ledger are down.
        """
        if self._stored is None:
            self._begin()
        if not self._missing:
            self._look()
        if self._missing:
            self._encode(self._missing[:PORTION])
            return False
        return self._switch()

    def _begin(self) -> None:
        with self._db.transaction() as tx:
            goes_on = indexes.build(tx, self.creator_id, self.spec, _now())
        if self._encoder.local and not goes_on:
            self._vectors.drop(self._holder)  # what served before was stored without digests, and costs little to make
        self._stored = self._vectors.digests(self._holder)

    def _look(self) -> None:
        """What is there to be done, and what is there that should not be."""
        stored = self._stored or {}
        with self._db.reading(creator=self.creator_id) as tx:
            wanted = coverage.wanted(tx, self.creator_id)
        names = {name for one in wanted for name in one.names}
        if gone := [name for name in stored if name not in names]:
            self._vectors.delete(self._holder, gone)
            for name in gone:
                del stored[name]
        self._missing = [one.id for one in wanted if not one.is_in(stored)]
        self._total = len(wanted)
        self._note()

    def _encode(self, ids: Sequence[str]) -> None:
        with self._db.reading(creator=self.creator_id) as tx:
            known = coverage.some(tx, self.creator_id, ids)
        names = [name for passage, _ in known for name in vector_ids(passage)]
        digests = [digest for passage, digest in known for _ in vector_ids(passage)]
        if names:
            made = encoded(self._encoder, [text for passage, _ in known for text in vector_texts(passage)])
            self._vectors.add(self._holder, names, made, digests)
            assert self._stored is not None
            self._stored.update(zip(names, digests, strict=True))
            with self._db.transaction() as tx:
                encoders.note_width(tx, self.spec, made.shape[1])
        self._missing = self._missing[len(ids) :]
        self._note()

    def _note(self) -> None:
        with self._db.transaction() as tx:
            indexes.note_progress(tx, self.creator_id, self.spec, self._total - len(self._missing), self._total)

    def _switch(self) -> bool:
        stored = self._stored = self._vectors.digests(self._holder)  # as it is, and not as it should be
        found = measured(self._db, self._vectors, self.creator_id, self._encoder)
        with self._db.transaction() as tx:
            if len(coverage.lacking(tx, self.creator_id, stored)) > FEW:
                return False
            indexes.switch(tx, self.creator_id, self.spec, _now())
            coverage.mark_covered(tx, self.creator_id, stored, _now())
            indexes.note_background(tx, self.creator_id, found)
        return True


def measured(db: Database, vectors: "Vectors", creator_id: str, encoder: Encoder) -> Index:
    """An encoder's index of a creator, with the background of the vectors that are stored. Raises as `step` does."""
    from engage.memory.encoder import shared_encoder

    if encoder.local:
        return Index(encoder.spec)
    with db.reading(creator=creator_id) as tx:
        some = coverage.sample(tx, creator_id, background.SAMPLE)
        total = len(coverage.wanted(tx, creator_id))
    holder = holder_of(creator_id, encoder.spec)
    stored = vectors.some(holder, [vector_ids(one)[0] for one in some])
    known = [one for one in some if vector_ids(one)[0] in stored]
    unrelated = encoded(encoder, background.UNRELATED)
    own = np.stack([stored[vector_ids(one)[0]] for one in known]) if known else unrelated[:0]
    built_in = shared_encoder().encode([matter(one) for one in known])
    found = background.measure(known, own, built_in, unrelated)
    return Index(encoder.spec, found, total * len(known) // max(1, len(some)))


def _now() -> datetime:
    return datetime.now(UTC)
