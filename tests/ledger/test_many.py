"""Many rows in one statement say the same as each alone, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from engage.ledger.database import Database
from engage.ledger.many import insert_many, update_many
from engage.ledger.tables import creators, switches

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def creator(name: str, **facts: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "persona": facts, "paused_at": None, "created_at": NOON}


def stored(tx: Connection) -> dict[str, Any]:
    return {row.id: row for row in tx.execute(select(creators))}


def test_rows_come_back_as_they_were_given(db: Database) -> None:
    odd = {"text": 'a "quote", a {brace}, ünï and \n lines', "list": [1, None, True], "none": None}
    with db.transaction() as tx:
        insert_many(tx, creators, [creator("ann", **odd), {**creator("bob"), "paused_at": NOON}])
    with db.reading() as tx:
        found = stored(tx)
    assert found["ann"].persona == odd
    assert (found["ann"].paused_at, found["bob"].paused_at, found["bob"].created_at) == (None, NOON, NOON)


def test_a_key_that_is_there_is_left_out_or_refused(db: Database) -> None:
    rows = [creator("ann", n=1), creator("ann", n=2)]
    with db.transaction() as tx:
        insert_many(tx, creators, rows, ignoring=True)
        insert_many(tx, creators, [creator("ann", n=3), creator("bob")], ignoring=True)
    with db.reading() as tx:
        assert {key: row.persona for key, row in stored(tx).items()} == {"ann": {"n": 1}, "bob": {}}
    with pytest.raises(DBAPIError), db.transaction() as tx:
        insert_many(tx, creators, [creator("ann")])


def test_each_row_gets_its_own_values_and_the_others_stay(db: Database) -> None:
    later = NOON + timedelta(hours=1)
    with db.transaction() as tx:
        insert_many(tx, creators, [creator(name, n=name) for name in ("ann", "bob", "cat")])
        changes = [{"id": "ann", "paused_at": NOON, "persona": {}}, {"id": "cat", "paused_at": later, "persona": {}}]
        update_many(tx, creators, "id", changes)
    with db.reading() as tx:
        found = stored(tx)
    assert [found[name].paused_at for name in ("ann", "bob", "cat")] == [NOON, None, later]
    assert [found[name].persona for name in ("ann", "bob")] == [{}, {"n": "bob"}]


def test_no_rows_are_no_statement(db: Database) -> None:
    with db.transaction() as tx:
        insert_many(tx, switches, [])
        update_many(tx, switches, "name", [])
        assert tx.execute(select(switches)).all() == []


def test_a_text_that_is_too_long_is_refused_not_cut(db: Database) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite knows no length of a text")
    with pytest.raises(DBAPIError), db.transaction() as tx:
        insert_many(tx, creators, [creator("x" * 101)])
