"""How good recall and voice are on real people's words. The floors stand below the figures of ADR 3."""

import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.memory.encoder import shared_encoder
from engage.memory.evidence import Evidence, relevance, scale_of
from engage.memory.importers.rows import Faq
from engage.memory.lexical import build, tokens
from engage.memory.library import import_rows, index_passages
from engage.memory.search import Memory
from engage.memory.vectors import Vectors
from engage.models import Persona

DATA = Path(os.environ.get("ENGAGE_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="real test material is not here: set ENGAGE_TEST_DATA")


def rows(folder: str, file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / folder / file).read_text().splitlines()]


def test_the_candidate_that_answers_is_ranked_first() -> None:
    asked = [row for row in rows("product_qa", "ranking.jsonl") if any(one["label"] == 2 for one in row["candidates"])]
    ranks = [_rank(row) for row in asked]
    assert np.mean([rank == 1 for rank in ranks]) >= 0.70
    assert np.mean([rank <= 3 for rank in ranks]) >= 0.92
    assert np.mean([1 / rank for rank in ranks]) > 0.81


def _rank(row: dict[str, Any]) -> int:
    texts = [one["text"] for one in row["candidates"]]
    vectors = shared_encoder().encode([row["question"], *texts])
    none = np.full(len(texts), np.nan, np.float32)
    words = build(texts).scores(tokens(row["question"]))
    alike = shared_encoder().words_alike.shares(row["question"], texts)
    evidence = Evidence(words, 0 * words, vectors[1:] @ vectors[0], none, alike)
    scores = relevance(evidence, scale_of(["en"] * len(texts)))
    best = sorted(range(len(texts)), key=lambda at: -scores[at])
    return 1 + next(place for place, at in enumerate(best) if row["candidates"][at]["label"] == 2)


async def test_answered_questions_are_supported_and_other_peoples_are_not(vectors: Vectors, sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with db.transaction() as tx:
        ann = add_creator(tx, Persona("", "ann", "Ann"), datetime.now(UTC)).id
    known = rows("product_qa", "answers.jsonl")[:150]
    import_rows(db, ann, [Faq(row["id"], row["question"], row["answer"]) for row in known])
    index_passages(db, vectors, ann)
    memory = Memory(db, vectors)
    mine = [_careless(row["question"]) for row in known[:60]]
    others = [row["question"] for row in rows("persona_en_advice_host", "pairs.jsonl")[:60]]
    assert np.mean([(await memory.recall(ann, text)).supported for text in mine]) > 0.85
    assert np.mean([(await memory.recall(ann, text)).supported for text in others]) < 0.05
    vectors.drop(ann)
    db.close()


def _careless(text: str) -> str:
    """As somebody types it on a phone: a fifth of the words missing, no question mark."""
    pick = random.Random(text)
    words = [word for word in text.split() if pick.random() > 0.2]
    return " ".join(words or text.split()).rstrip("?")
