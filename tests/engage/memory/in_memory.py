"""Vectors that need no server, with the interface of the real ones: exact search over a matrix."""

from collections.abc import Sequence

import numpy as np

from engage.errors import Unavailable
from engage.memory.floats import Floats
from engage.memory.vectors import Hit, Vectors


class InMemoryVectors(Vectors):
    """`down = True` makes every call fail as a dead server does."""

    def __init__(self) -> None:
        super().__init__("memory:")
        self.down = False
        self._stored: dict[str, dict[str, Floats]] = {}

    def add(self, creator_id: str, ids: Sequence[str], vectors: Floats) -> None:
        self._of(creator_id).update(zip(ids, vectors, strict=True))

    def nearest(self, creator_id: str, vector: Floats, count: int) -> list[Hit]:
        return sorted(self.cosines(creator_id, vector, [*self._of(creator_id)]), key=lambda hit: -hit.cosine)[:count]

    def cosines(self, creator_id: str, vector: Floats, ids: Sequence[str]) -> list[Hit]:
        known = self._of(creator_id)
        return [Hit(name, float(np.dot(known[name], vector))) for name in ids if name in known]

    def everything(self, creator_id: str, most: int) -> tuple[list[str], Floats] | None:
        known = self._of(creator_id)
        if len(known) > most:
            return None
        return [*known], np.array([*known.values()], dtype=np.float32).reshape(len(known), 384)

    def ids(self, creator_id: str) -> set[str]:
        return set(self._of(creator_id))

    def delete(self, creator_id: str, ids: Sequence[str]) -> None:
        for name in ids:
            self._of(creator_id).pop(name, None)

    def _of(self, creator_id: str) -> dict[str, Floats]:
        if self.down:
            raise Unavailable("Chroma is down")
        return self._stored.setdefault(creator_id, {})
