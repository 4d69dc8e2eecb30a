"""Recall over many passages: a real Chroma server and the search that answers use, beside exact numpy over the same.

The sentences are put together from the sample creators' own words. A few thousand of them get their vectors from the
encoder; the others' are those of a neighbour in words with a little noise on top, as encoding all of them would take
longer than everything else here. The questions are the creators' real ones, with real vectors.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from engage.ledger import creators, schema
from engage.ledger.database import Database
from engage.memory import chroma_server
from engage.memory.corpus import load_passages, mark_indexed
from engage.memory.encoder import shared_encoder
from engage.memory.floats import Floats
from engage.memory.library import import_paths
from engage.memory.search import Memory
from engage.memory.texts import matter, vector_ids
from engage.memory.vectors import Vectors
from engage.models import Passage, Persona
from workers.bench.load import milliseconds
from workers.demo import content

ENCODED = 3000  # sentences with a vector of the encoder's own
NOISE = 0.25  # length of what is added to a neighbour's unit vector
QUESTIONS = 300
NEAREST = 8
PORTION = 2000  # passages added at a time


def measure(passages: int = 100_000) -> dict[str, Any]:
    """One creator with so many passages."""
    load = os.getloadavg()[0]
    prefix = "engage-bench-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        db = Database(f"sqlite:///{folder}/ledger.db")
        with closing(db), chroma_server.running(Path(folder) / "chroma") as url, closing(Vectors(url)) as vectors:
            schema.upgrade(db)
            creator_id = _import(db, Path(folder), passages)
            with db.reading() as tx:
                stored = load_passages(tx, creator_id)
            matrix = _vectors([matter(one) for one in stored])
            add_per_s = _add(db, vectors, creator_id, stored, matrix)
            found = _search(Memory(db, vectors), vectors, creator_id, stored, matrix)
    return {"passages": len(stored), "add_per_s": add_per_s, **found, "load_average": round(load, 2)}


def _import(db: Database, folder: Path, count: int) -> str:
    """The creator's words go the way of every import."""
    with db.transaction() as tx:
        persona = Persona(id="", name="bench", display_name="Bench")
        creator_id = creators.add_creator(tx, persona, datetime.now(UTC)).id
    file = folder / "said.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in _rows(count)))
    import_paths(db, creator_id, [file])
    return creator_id


def _rows(count: int) -> Iterator[dict[str, str]]:
    """Two halves of real sentences each; the number keeps them distinct."""
    chance = random.Random(5)
    halves = [text.split() for text in _real_texts()]
    for number in range(count):
        first, second = chance.choice(halves), chance.choice(halves)
        words = [*first[: len(first) // 2 + 1], *second[len(second) // 2 :]]
        yield {"id": f"s_{number}", "text": f"{' '.join(words[:40])} (take {number})"}


def _real_texts() -> list[str]:
    texts = []
    for folder in content.sample_creators():
        texts += [row["text"] for row in content.lines(folder / "posts.jsonl")]
        texts += [row["reply"] for row in content.lines(folder / "pairs.jsonl")]
    return [text for text in texts if len(text.split()) > 5]


def _questions() -> list[str]:
    asked = [row["question"] for folder in content.sample_creators() for row in content.lines(folder / "pairs.jsonl")]
    return asked[:QUESTIONS]


def _vectors(texts: Sequence[str]) -> Floats:
    """A vector for each text: the encoder's for the first ENCODED, then varied ones. Unit length."""
    encoded = shared_encoder().encode(list(texts[:ENCODED]))
    chance = np.random.default_rng(5)
    near = encoded[chance.integers(0, len(encoded), len(texts))]
    noise = chance.standard_normal(near.shape, dtype=np.float32)
    near = near + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    near[: len(encoded)] = encoded
    return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)


def _add(db: Database, vectors: Vectors, creator_id: str, passages: Sequence[Passage], matrix: Floats) -> float:
    """Passages a second into Chroma, without their encoding."""
    start = time.perf_counter()
    for at in range(0, len(passages), PORTION):
        names = [name for one in passages[at : at + PORTION] for name in vector_ids(one)]
        vectors.add(creator_id, names, matrix[at : at + PORTION])
    seconds = time.perf_counter() - start
    with db.transaction() as tx:
        mark_indexed(tx, creator_id, passages, datetime.now(UTC))
    return round(len(passages) / seconds, 1)


def _search(
    memory: Memory, vectors: Vectors, creator_id: str, passages: Sequence[Passage], matrix: Floats
) -> dict[str, Any]:
    questions = _questions()
    start = time.perf_counter()
    memory.search(creator_id, questions[0])
    first = time.perf_counter() - start  # reads the passages and builds the index of their words
    searched = [_timed(lambda asked=asked: memory.search(creator_id, asked)) for asked in questions]
    encoded = shared_encoder().encode(questions)
    near = [_timed(lambda one=one: vectors.nearest(creator_id, one, NEAREST)) for one in encoded]
    exact = [_timed(lambda one=one: _exact(matrix, one)) for one in encoded]
    ids = [vector_ids(one)[0] for one in passages]
    same = [
        len({hit.id for hit in hits} & {ids[at] for at in best})
        for (_, hits), (_, best) in zip(near, exact, strict=True)
    ]
    return {
        **_spread(searched),
        "first_s": round(first, 2),
        "chroma_alone": {**_spread(near), "recall_at_8": round(sum(same) / NEAREST / len(same), 3)},
        "reference": {"exact_numpy": _spread(exact), "ratio": _ratio(searched, exact)},
    }


def _exact(matrix: Floats, one: Floats) -> Any:
    near = matrix @ one
    return np.argpartition(-near, NEAREST)[:NEAREST]


def _timed(do: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = do()
    return time.perf_counter() - start, result


def _spread(timed: Sequence[tuple[float, Any]]) -> dict[str, float]:
    ordered = sorted(seconds for seconds, _ in timed)
    return {"p50_ms": milliseconds(ordered, 0.5), "p95_ms": milliseconds(ordered, 0.95)}


def _ratio(ours: Sequence[tuple[float, Any]], theirs: Sequence[tuple[float, Any]]) -> float:
    """Of the medians: how many times as long ours takes."""
    return round(_spread(ours)["p50_ms"] / _spread(theirs)["p50_ms"], 2)
