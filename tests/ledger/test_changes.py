"""Every change of a creator's words is counted: what is kept of them in memory goes by that number."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

import engage
from engage.ledger import indexes, taught
from engage.ledger.changes import changes_of
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.memory import corpus, coverage
from engage.memory.importers.rows import Faq, Row, Said
from engage.memory.passages import cut
from engage.models import Persona

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SHIP = Faq("question:t1", "Do you ship?", "Yes.")
DOG = Said("dog", "My dog snores.")
ROWS: list[Row] = [SHIP, DOG]
PASSAGE = cut(DOG)[0]
WRITES = re.compile(r"\b(?:insert|update|delete)\((?:documents|passages)\)")

CHANGES: dict[str, Callable[[Connection, str], object]] = {
    "an import": lambda tx, ann: corpus.store(tx, ann, [Said("cat", "My cat purrs.")], NOW),
    "an import of other words": lambda tx, ann: corpus.store(tx, ann, [Said("dog", "My dog sings.")], NOW),
    "new vectors": lambda tx, ann: corpus.mark_indexed(tx, ann, [PASSAGE], NOW),
    "lost vectors": lambda tx, ann: corpus.mark_waiting(tx, ann, [PASSAGE.id]),
    "erasure": corpus.forget,
    "an answer taken out of the FAQ": lambda tx, ann: taught.forget_answer(tx, ann, "t1"),
    "another index that serves": lambda tx, ann: indexes.switch(tx, ann, "openai:other", NOW),
    "what another index covers": lambda tx, ann: coverage.mark_covered(tx, ann, {}, NOW),
    "another background": lambda tx, ann: indexes.note_background(tx, ann, indexes.Index("openai:other", {}, 1)),
    "an index from the beginning": lambda tx, ann: indexes.begin(tx, ann, "openai:other", NOW),
}


@pytest.fixture
def ann(db: Database) -> str:
    with db.transaction() as tx:
        creator_id = add_creator(tx, Persona("", "ann", "Ann"), NOW).id
        corpus.store(tx, creator_id, ROWS, NOW)
    return creator_id


def count(db: Database, creator_id: str) -> int:
    with db.reading() as tx:
        return changes_of(tx, [creator_id])[creator_id]


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_is_counted(db: Database, ann: str, what: str) -> None:
    before = count(db, ann)
    with db.transaction() as tx:
        CHANGES[what](tx, ann)
    assert count(db, ann) > before


def test_an_import_that_changes_nothing_is_not_counted(db: Database, ann: str) -> None:
    before = count(db, ann)
    with db.transaction() as tx:
        corpus.store(tx, ann, ROWS, NOW)
        taught.withdraw(tx, ["a turn of which nothing was learnt"])
    assert count(db, ann) == before


def test_one_creator_s_changes_are_not_another_s(db: Database, ann: str) -> None:
    with db.transaction() as tx:
        bob = add_creator(tx, Persona("", "bob", "Bob"), NOW).id
    assert count(db, bob) == 0
    with db.transaction() as tx:
        corpus.store(tx, ann, [Said("cat", "My cat purrs.")], NOW)
    assert count(db, bob) == 0


def test_whatever_writes_the_creator_s_words_counts_it() -> None:
    files = Path(engage.__file__).parent.rglob("*.py")
    writers = [file for file in files if WRITES.search(file.read_text(encoding="utf-8"))]
    assert len(writers) >= 3
    assert [file.name for file in writers if "note_change(" not in file.read_text(encoding="utf-8")] == []
