"""Which encoder serves whom: what a change does to the rows, and who sees what while it happens."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from engage.ledger import encoders, indexes
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.ledger.indexes import BUILT_IN, Index, Progress
from engage.ledger.tables import passages
from engage.memory import coverage
from engage.memory.importers.rows import Faq, Private, Row, Said
from engage.memory.library import import_rows
from engage.models import Persona

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
OTHER, THIRD = "openai:other", "ollama:third"
ROWS: list[Row] = [Faq("ship", "Do you ship?", "Yes."), Said("dog", "My dog snores."), Private("dm", "Ours.", NOW)]


@pytest.fixture
def ann(db: Database) -> str:
    """A creator with two passages that are searched; both are indexed."""
    return creator(db, "ann")


def creator(db: Database, name: str, *, indexed: bool = True) -> str:
    with db.transaction() as tx:
        creator_id = add_creator(tx, Persona("", name, name), NOW).id
    import_rows(db, creator_id, ROWS)
    if indexed:
        with db.transaction() as tx:
            tx.execute(update(passages).where(passages.c.creator_id == creator_id).values(indexed_at=NOW))
    return creator_id


def test_whoever_has_no_row_is_served_by_the_built_in_encoder(db: Database, ann: str) -> None:
    with db.reading() as tx:
        assert indexes.serving(tx, ann) == Index()
        assert indexes.elsewhere(tx, BUILT_IN) == []
        assert indexes.progress(tx, BUILT_IN) is None


def test_an_index_is_built_and_takes_the_place_of_the_old_one(db: Database, ann: str) -> None:
    with db.transaction() as tx:
        indexes.build(tx, ann, OTHER, NOW)
        indexes.note_progress(tx, ann, OTHER, 1, 2)
    with db.reading() as tx:
        assert indexes.serving(tx, ann).spec == BUILT_IN
        assert indexes.elsewhere(tx, OTHER) == [ann]
        assert indexes.progress(tx, OTHER) == Progress(1, 2, (BUILT_IN,))
    with db.transaction() as tx:
        indexes.switch(tx, ann, OTHER, NOW)
        indexes.note_background(tx, ann, Index(OTHER, {"en": 0.2}, 2))
    with db.reading() as tx:
        assert indexes.serving(tx, ann) == Index(OTHER, {"en": 0.2}, 2)
        assert indexes.progress(tx, OTHER) is None
        assert indexes.elsewhere(tx, BUILT_IN) == [ann]
        assert indexes.left(tx, NOW) == []
        assert indexes.left(tx, NOW + timedelta(seconds=1)) == [(ann, BUILT_IN)]
    with db.transaction() as tx:
        indexes.forget(tx, ann, BUILT_IN)
        indexes.forget(tx, ann, OTHER)  # what serves is not forgotten
        assert indexes.in_use(tx) == {OTHER}


def test_of_two_changes_the_second_counts(db: Database, ann: str) -> None:
    with db.transaction() as tx:
        assert [indexes.build(tx, ann, OTHER, NOW) for _ in range(2)] == [False, True]
        assert not indexes.build(tx, ann, THIRD, NOW)
        assert indexes.left(tx, NOW + timedelta(seconds=1)) == [(ann, OTHER)]
        indexes.build(tx, ann, OTHER, NOW)
        assert indexes.left(tx, NOW + timedelta(seconds=1)) == [(ann, THIRD)]
        indexes.give_up(tx, BUILT_IN, NOW)
        assert len(indexes.left(tx, NOW + timedelta(seconds=1))) == 2
        assert indexes.serving(tx, ann).spec == BUILT_IN


def test_only_a_creator_of_whom_nothing_is_indexed_begins_with_another_encoder(db: Database, ann: str) -> None:
    bob = creator(db, "bob", indexed=False)
    with db.transaction() as tx:
        for one in (ann, bob):
            indexes.begin(tx, one, OTHER, NOW)
        assert (indexes.serving(tx, ann).spec, indexes.serving(tx, bob).spec) == (BUILT_IN, OTHER)
        indexes.begin(tx, bob, THIRD, NOW)
        assert indexes.serving(tx, bob).spec == OTHER
        assert indexes.elsewhere(tx, OTHER) == [ann]


def test_a_creator_without_words_needs_no_index(db: Database) -> None:
    with db.transaction() as tx:
        add_creator(tx, Persona("", "silent", "silent"), NOW)
        assert indexes.elsewhere(tx, OTHER) == []


def test_what_the_new_index_lacks_waits_and_what_it_holds_does_not(db: Database, ann: str) -> None:
    with db.transaction() as tx:
        ship = next(one for one in coverage.wanted(tx, ann) if one.asked)
        tx.execute(update(passages).where(passages.c.id == ship.id).values(indexed_at=None))
        stored = dict.fromkeys(ship.names, ship.digest)
        assert coverage.lacking(tx, ann, stored) == ["post:dog#0"]
        coverage.mark_covered(tx, ann, stored, NOW)
        rows = tx.execute(passages.select().where(passages.c.creator_id == ann))
        assert {row.id: row.indexed_at is not None for row in rows} == {
            "faq:ship#0": True,
            "post:dog#0": False,
            "private:dm#0": True,
        }


def test_whoever_notes_vectors_in_the_old_index_waits_for_the_switch_and_sees_it(
    db: Database, ann: str, open_db: Callable[[], Database]
) -> None:
    found: list[bool] = []
    begun = threading.Event()

    def note() -> None:
        other = open_db()
        begun.set()
        with other.transaction() as tx:
            found.append(indexes.still_serves(tx, ann, BUILT_IN))

    noting = threading.Thread(target=note)
    with db.transaction() as tx:
        indexes.build(tx, ann, OTHER, NOW)
        indexes.switch(tx, ann, OTHER, NOW)
        noting.start()
        begun.wait(10)
        assert found == []
    noting.join(30)
    assert found == [False]


def test_an_encoder_that_fails_rests_longer_each_time_until_it_comes_through(db: Database) -> None:
    with db.transaction() as tx:
        encoders.keep(tx, OTHER, b"way")
        waits = [encoders.note_failure(tx, OTHER, "is down", None, NOW) - NOW for _ in range(9)]
        assert waits[:3] == [encoders.AGAIN, encoders.AGAIN * 2, encoders.AGAIN * 4]
        assert waits[-1] == encoders.AT_MOST
        asked = timedelta(minutes=20)
        assert encoders.note_failure(tx, OTHER, "is busy", asked, NOW) == NOW + asked
        assert encoders.resting(tx, NOW) == {OTHER}
        assert encoders.resting(tx, NOW + asked) == set()
        encoders.note_width(tx, OTHER, 256)
        known = encoders.get(tx, OTHER)
        assert known is not None
        assert (known.width, known.failures, known.problem, known.again_at) == (256, 0, "", None)


def test_a_key_is_kept_as_long_as_an_index_needs_it(db: Database, ann: str) -> None:
    with db.transaction() as tx:
        for spec in (OTHER, THIRD):
            encoders.keep(tx, spec, b"way")
        indexes.build(tx, ann, OTHER, NOW)
        encoders.note_failure(tx, OTHER, "wrong key", None, NOW)
        encoders.keep(tx, OTHER, b"another way")
        known = encoders.get(tx, OTHER)
        assert known is not None
        assert (known.access, known.problem) == (b"another way", "")
        encoders.sweep(tx, BUILT_IN)
        assert (encoders.get(tx, OTHER) is None, encoders.get(tx, THIRD) is None) == (False, True)
