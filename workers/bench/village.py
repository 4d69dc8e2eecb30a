"""Many small creators, each with a few words and their vectors."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from engage.ledger import creators
from engage.memory.corpus import load_passages, mark_indexed
from engage.memory.encoder import shared_encoder
from engage.memory.library import import_paths
from engage.memory.texts import bare, matter, vector_ids
from engage.memory.vectors import Vectors
from engage.models import Passage, Persona
from workers import services
from workers.bench.pipeline import FOLDER
from workers.demo import content, stage

FEW = 3  # questions and answers a creator: more would make this a measurement of imports
Encode = Callable[[str], Any]


def questions() -> list[str]:
    """What every one of them can answer."""
    return [row["question"] for row in _few()]


def settle(on: stage.Stage, names: list[str]) -> dict[str, Persona]:
    """Creators by their names, ready to be asked."""
    persona = content.read_persona(FOLDER)
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        words = Path(folder) / "faq.jsonl"
        words.write_bytes(b"".join(_lines()))
        return {name: _creator(on, replace(persona, name=name), words) for name in names}


def index(on: stage.Stage, personas: dict[str, Persona]) -> None:
    """Their vectors. The words are the same, so each text is encoded once."""
    known: dict[str, Any] = {}

    def encode(text: str) -> Any:
        if text not in known:
            known[text] = shared_encoder().encode([text])[0]
        return known[text]

    with closing(Vectors(services.chroma_url(on.settings))) as vectors:
        for persona in personas.values():
            with on.db.transaction() as tx:
                passages = load_passages(tx, persona.id)
                _add(vectors, persona.id, passages, encode)
                mark_indexed(tx, persona.id, passages, datetime.now(UTC))


def _add(vectors: Vectors, creator_id: str, passages: list[Passage], encode: Encode) -> None:
    names = [name for passage in passages for name in vector_ids(passage)]
    texts = [text for one in passages for text in (matter(one), bare(one.question or "")) if text]
    vectors.add(creator_id, names, np.stack([encode(text) for text in texts]))


def _creator(on: stage.Stage, persona: Persona, words: Path) -> Persona:
    with on.db.transaction() as tx:
        made = creators.add_creator(tx, persona, datetime.now(UTC))
    import_paths(on.db, made.id, [words])
    return made


def _few() -> list[dict[str, Any]]:
    return content.lines(FOLDER / "faq.jsonl")[:FEW]


def _lines() -> list[bytes]:
    return (FOLDER / "faq.jsonl").read_bytes().splitlines(keepends=True)[:FEW]
