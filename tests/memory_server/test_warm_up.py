"""What a worker has read before its first turn."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.memory import freshness
from engage.memory.importers.rows import Faq
from engage.memory.library import import_rows, index_passages
from engage.memory.vectors import Vectors
from engage.models import Persona
from engage.settings import load
from workers import build


async def test_the_first_question_waits_for_nothing_to_be_read(
    vectors: Vectors, chroma_url: str, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 600.0)
    db = Database(sqlite_url)
    with db.transaction() as tx:
        ann = add_creator(tx, Persona("", "ann", "Ann"), datetime.now(UTC)).id
    import_rows(db, ann, [Faq("1", "Do you ship to Canada?", "Yes, in nine days.")])
    index_passages(db, vectors, ann)
    settings = load({}, home=tmp_path, chroma_url=chroma_url)
    avatar = build.avatar(settings, db, build.worker_memory(settings, db))
    assert avatar._may_ask is not None
    db.close()  # from here on nothing can be read
    vectors.drop(ann)
    found = await avatar._memory.recall(ann, "do you ship to canada")
    assert (found.supported, found.note) == (True, "")
