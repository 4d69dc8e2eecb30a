"""Recall over many passages: a real Chroma server and the search that answers use, beside exact numpy over the same.

Of one creator with very many passages, or of very many with a few each. The questions are the sample creators' real
ones, with real vectors.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from engage.ledger import schema
from engage.ledger.database import Database
from engage.memory import chroma_server
from engage.memory.corpus import load_passages
from engage.memory.encoder import shared_encoder
from engage.memory.floats import Floats
from engage.memory.library import index_passages
from engage.memory.search import Memory
from engage.memory.texts import matter, vector_ids
from engage.memory.vectors import Vectors
from engage.models import Passage
from workers.bench import words
from workers.bench.cpu import resident_mb
from workers.bench.load import milliseconds

T = TypeVar("T")
NEAREST = 8
REALLY_ENCODED = 800  # passages that go the whole way behind an import
ASKED = 1_000  # questions to many creators
FEW_ENCODED = 20  # passages of each of many creators with a vector of the encoder's own


@dataclass(frozen=True, slots=True)
class Place:
    """A ledger and a Chroma server that last for one measurement."""

    folder: Path
    db: Database
    vectors: Vectors


def measure(passages: int = 100_000) -> dict[str, Any]:
    """One creator with so many passages."""
    load = os.getloadavg()[0]
    with _place() as on:
        creator_id, imported_per_s = words.imported(on.db, on.folder, passages)
        with on.db.reading() as tx:
            stored = load_passages(tx, creator_id)
        at_once = _searchable_at_once(on, creator_id, stored)
        matrix = words.vectors_of([matter(one) for one in stored])
        add_per_s = words.add(on.db, on.vectors, creator_id, stored, matrix)
        found = _search(Memory(on.db, on.vectors), on.vectors, creator_id, stored, matrix)
        chroma_mb = resident_mb([os.getpid()])["chroma"]
        encoded_per_s = _encoded(on)
    return {
        "passages": len(stored),
        "imported_per_s": round(imported_per_s, 1),
        "searchable_at_once": at_once,
        "add_per_s": add_per_s,
        "encoded_per_s": encoded_per_s,
        **found,
        "chroma_mb": round(chroma_mb),
        "load_average": round(load, 2),
    }


def measure_many(creators: int = 1_000, each: int = 100) -> dict[str, Any]:
    """So many creators with a few passages each: a question to any of them, the first one to each and later ones."""
    load = os.getloadavg()[0]
    with _place() as on:
        ids = [words.imported(on.db, on.folder, each, f"bench-{number}")[0] for number in range(creators)]
        for creator_id in ids:
            with on.db.reading() as tx:
                stored = load_passages(tx, creator_id)
            words.add(
                on.db, on.vectors, creator_id, stored, words.vectors_of([matter(one) for one in stored], FEW_ENCODED)
            )
        before = psutil.Process().memory_info().rss
        memory, asked, chance = Memory(on.db, on.vectors), words.questions(), random.Random(5)
        shared_encoder()
        # A number makes each a text of its own, which has to be encoded.
        first = [_timed(partial(memory.search, one, f"{chance.choice(asked)} {at}")) for at, one in enumerate(ids)]
        pairs = [(chance.choice(ids), f"{chance.choice(asked)} {creators + at}") for at in range(ASKED)]
        later = [_timed(partial(memory.search, one, text)) for one, text in pairs]
        held_mb = (psutil.Process().memory_info().rss - before) / 1e6
        chroma_mb = resident_mb([os.getpid()])["chroma"]
    return {
        "creators": creators,
        "passages": creators * each,
        **_spread(later),
        "first": _spread(first),
        "held_mb": round(held_mb),
        "chroma_mb": round(chroma_mb),
        "load_average": round(load, 2),
    }


@contextmanager
def _place() -> Iterator[Place]:
    prefix = "engage-bench-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        db = Database(f"sqlite:///{folder}/ledger.db")
        with closing(db), chroma_server.running(Path(folder) / "chroma") as url, closing(Vectors(url)) as vectors:
            schema.upgrade(db)
            yield Place(Path(folder), db, vectors)


def _searchable_at_once(on: Place, creator_id: str, stored: Sequence[Passage]) -> bool:
    """Whether the passage imported last is found before anything has a vector."""
    last = stored[-1]
    return last.id in {one.passage.id for one in Memory(on.db, None).search(creator_id, last.text).passages}


def _encoded(on: Place) -> float:
    """Passages a second that get vectors behind an import: the encoder, Chroma and the ledger together."""
    creator_id, _ = words.imported(on.db, on.folder, REALLY_ENCODED, "encoded")
    start = time.perf_counter()
    done = index_passages(on.db, on.vectors, creator_id)
    return round(done / (time.perf_counter() - start), 1)


def _search(
    memory: Memory, vectors: Vectors, creator_id: str, passages: Sequence[Passage], matrix: Floats
) -> dict[str, Any]:
    asked = words.questions()
    before = psutil.Process().memory_info().rss
    first, _ = _timed(
        lambda: memory.search(creator_id, asked[0])
    )  # reads the passages, builds the index of their words
    held_mb = (psutil.Process().memory_info().rss - before) / 1e6
    searched = [_timed(partial(memory.search, creator_id, one)) for one in asked]
    encoded = shared_encoder().encode(asked)
    near = [_timed(partial(vectors.nearest, creator_id, one, NEAREST)) for one in encoded]
    exact = [_timed(partial(_exact, matrix, one)) for one in encoded]
    ids = [vector_ids(one)[0] for one in passages]
    same = [
        len({hit.id for hit in hits} & {ids[at] for at in best})
        for (_, hits), (_, best) in zip(near, exact, strict=True)
    ]
    return {
        **_spread(searched),
        "first_s": round(first, 2),
        "held_mb": round(held_mb),
        "chroma_alone": {**_spread(near), "recall_at_8": round(sum(same) / NEAREST / len(same), 3)},
        "reference": {"exact_numpy": _spread(exact), "ratio": _ratio(searched, exact)},
    }


def _exact(matrix: Floats, one: Floats) -> Any:
    near = matrix @ one
    return np.argpartition(-near, NEAREST)[:NEAREST]


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = do()
    return time.perf_counter() - start, result


def _spread(timed: Sequence[tuple[float, Any]]) -> dict[str, float]:
    ordered = sorted(seconds for seconds, _ in timed)
    return {"p50_ms": milliseconds(ordered, 0.5), "p95_ms": milliseconds(ordered, 0.95)}


def _ratio(ours: Sequence[tuple[float, Any]], theirs: Sequence[tuple[float, Any]]) -> float:
    """Of the medians: how many times as long ours takes."""
    return round(_spread(ours)["p50_ms"] / _spread(theirs)["p50_ms"], 2)
