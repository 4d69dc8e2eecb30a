"""Which of a creator's vectors are near: small collections are held in memory and searched exactly.

A question to Chroma costs 3-5 ms of CPU on both sides, a product with the 300 vectors of a small creator 0.05 ms.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engage.errors import Unavailable
from engage.memory.floats import Floats
from engage.memory.kept import Kept
from engage.memory.vectors import Hit, Vectors

HELD_EACH = 8_000  # vectors of 384 numbers, fewer wider ones; Chroma searches larger collections faster
HELD_TOGETHER = 100_000_000  # bytes, of all creators: those of 1,000 with 100 passages each
# Vectors up to which they are held in 16 bits: half the memory, no cosine moves by more than 0.001, and to make 32 bits
# of them again takes less time than everything else.
HALVED = 1_000
PAUSE_SECONDS = 2.0  # without a question to Chroma after it did not answer: nobody waits for its time-out in turn


@dataclass(frozen=True, slots=True)
class Held:
    """A collection as it was at `version`. vectors: (ids, width) in 16 or 32 bits, None where it is too large."""

    version: str
    ids: Sequence[str] = ()
    vectors: NDArray[np.floating[Any]] | None = None
    place: dict[str, int] = field(default_factory=dict)


class Near:
    """Nearest vectors, from memory or from Chroma. Thread-safe. Raises Unavailable where Chroma is needed and away."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._held: Kept[Held] = Kept(HELD_TOGETHER, _weight)
        self._away_until = 0.0

    def hits(self, holder: str, version: str, vector: Floats, count: int, also: Sequence[str]) -> list[Hit]:
        """The `count` vectors nearest to one of (width,), and those named by `also`; unknown names are left out.

        holder: as `holder_of` names it. version: changes when vectors were added; "" while they are being added, when
        only Chroma knows them all.
        """
        if not version:
            return self._ask(holder, vector, count, also)
        held = self._held.get(holder, lambda known: known.version == version, lambda _: self._load(holder, version))
        if held.vectors is None:
            return self._ask(holder, vector, count, also)
        cosines = held.vectors.astype(np.float32, copy=False) @ vector
        best = range(len(cosines)) if len(cosines) <= count else np.argpartition(-cosines, count)[:count]
        wanted = {int(at) for at in best} | {held.place[name] for name in also if name in held.place}
        return [Hit(held.ids[at], float(cosines[at])) for at in wanted]

    def holds(self, holder: str, version: str) -> bool:
        """Whether `hits` answers from memory."""
        return self._held.has(holder, lambda known: known.version == version and known.vectors is not None)

    def drop(self, creator_ids: Collection[str]) -> None:
        """Hold no vectors of these creators, of any encoder."""
        self._held.drop([holder for holder in self._held.snapshot() if holder.partition(" ")[0] in creator_ids])

    def look_again(self, holder: str) -> None:
        """A collection that begins to serve may be another than the one that was once asked under this name."""
        self._vectors.look_again(holder)

    def _load(self, holder: str, version: str) -> Held:
        self._check_back()
        try:
            known = self._vectors.everything(holder, HELD_EACH)
        except Unavailable:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            raise
        if known is None:
            return Held(version)
        ids, vectors = known
        kept = vectors.astype(np.float16) if len(ids) <= HALVED else vectors
        return Held(version, ids, kept, {name: at for at, name in enumerate(ids)})

    def _ask(self, holder: str, vector: Floats, count: int, also: Sequence[str]) -> list[Hit]:
        self._check_back()
        try:
            hits = self._vectors.nearest(holder, vector, count)
            seen = {hit.id for hit in hits}
            return [*hits, *self._vectors.cosines(holder, vector, [name for name in also if name not in seen])]
        except Unavailable:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            raise

    def _check_back(self) -> None:
        if time.monotonic() < self._away_until:
            raise Unavailable("Chroma did not answer a moment ago")


def _weight(held: Held) -> int:
    """In bytes."""
    return 0 if held.vectors is None else held.vectors.nbytes
