"""Words for the measurements of recall: put together from the sample creators' own, in any number.

A few thousand of them get their vectors from the encoder; the others' are those of a neighbour in words with a little
noise on top, as encoding all of them would take longer than everything else.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson

from engage.ledger import creators
from engage.ledger.database import Database
from engage.memory.corpus import mark_indexed
from engage.memory.encoder import shared_encoder
from engage.memory.floats import Floats
from engage.memory.library import import_paths
from engage.memory.texts import vector_ids
from engage.memory.vectors import Vectors
from engage.models import Passage, Persona
from workers.demo import content

ENCODED = 3000  # sentences with a vector of the encoder's own
NOISE = 0.25  # length of what is added to a neighbour's unit vector
QUESTIONS = 300
PORTION = 2000  # passages added at a time


def imported(db: Database, folder: Path, count: int, name: str = "bench") -> tuple[str, float]:
    """A creator whose words went the way of every import; and how many passages a second that were."""
    with db.transaction() as tx:
        persona = Persona(id="", name=name, display_name="Bench")
        creator_id = creators.add_creator(tx, persona, datetime.now(UTC)).id
    file = folder / f"{name}.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in _rows(count, name)))
    start = time.perf_counter()
    import_paths(db, creator_id, [file])
    return creator_id, count / (time.perf_counter() - start)


def _rows(count: int, name: str) -> Iterator[dict[str, str]]:
    """Two halves of real sentences each; the number keeps them distinct."""
    chance = random.Random(name)
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


def questions() -> list[str]:
    asked = [row["question"] for folder in content.sample_creators() for row in content.lines(folder / "pairs.jsonl")]
    return asked[:QUESTIONS]


def vectors_of(texts: Sequence[str], count: int = ENCODED) -> Floats:
    """A vector for each text: the encoder's for the first `count`, then varied ones. Unit length."""
    encoded = shared_encoder().encode(list(texts[:count]))
    chance = np.random.default_rng(5)
    near = encoded[chance.integers(0, len(encoded), len(texts))]
    noise = chance.standard_normal(near.shape, dtype=np.float32)
    near = near + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    near[: len(encoded)] = encoded
    return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)


def add(db: Database, vectors: Vectors, creator_id: str, passages: Sequence[Passage], matrix: Floats) -> float:
    """Passages a second into Chroma, without their encoding."""
    start = time.perf_counter()
    for at in range(0, len(passages), PORTION):
        names = [name for one in passages[at : at + PORTION] for name in vector_ids(one)]
        vectors.add(creator_id, names, matrix[at : at + PORTION])
    seconds = time.perf_counter() - start
    with db.transaction() as tx:
        mark_indexed(tx, creator_id, passages, datetime.now(UTC))
    return round(len(passages) / seconds, 1)
