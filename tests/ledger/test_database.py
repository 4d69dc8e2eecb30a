"""What a transaction and a view promise, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from psycopg import OperationalError
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from engage.ledger import database
from engage.ledger.database import Database
from engage.ledger.tables import creators, messages
from tests.ledger.house import House


def count(tx: object) -> int:
    return int(tx.execute(select(func.count()).select_from(messages)).scalar_one())  # type: ignore[attr-defined]


def test_a_view_does_not_change_while_others_write(house: House, open_db: Callable[[], Database]) -> None:
    with open_db().reading() as view:
        assert count(view) == 0
        house.tell()
        assert count(view) == 0
    with house.db.reading() as view:
        assert count(view) == 1


@pytest.mark.postgres
def test_a_view_refuses_to_write(postgres_ledger: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"), postgres_ledger.reading() as view:
        view.exec_driver_sql("UPDATE accounts SET state = 'paused'")


@pytest.mark.postgres
def test_after_a_view_its_connection_writes_again(postgres_ledger: Database) -> None:
    for _ in range(8):
        with postgres_ledger.reading() as view:
            count(view)
        with postgres_ledger.transaction() as tx:
            written = tx.exec_driver_sql("UPDATE accounts SET state = 'paused'").rowcount
        assert written == 0  # there are none; it was let through


@pytest.mark.postgres
def test_views_leave_what_their_connection_has_prepared(postgres_ledger: Database) -> None:
    """psycopg forgets it at a rollback, and planning a claim takes longer than running it."""
    for _ in range(12):
        with postgres_ledger.reading() as view:
            count(view)
    with postgres_ledger.reading() as view:
        assert view.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar_one() > 0


@pytest.mark.postgres
def test_a_connection_that_ended_while_nobody_used_it_costs_nobody_a_failure(
    postgres_ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "UNUSED_SECONDS", 0.0)
    with postgres_ledger.transaction() as tx:
        ended = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = Database(postgres_ledger.url.render_as_string(hide_password=False))
    with other.transaction() as tx:
        tx.exec_driver_sql(f"SELECT pg_terminate_backend({ended}, 5000)")
    other.close()
    with postgres_ledger.reading() as view:
        assert count(view) == 0


@pytest.mark.postgres
def test_a_connection_opened_just_now_is_not_asked_whether_it_is_there(
    postgres_ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy calls two lost connections in a row an error of ours, not an outage that passes."""

    def lost(connection: object) -> bool:
        raise OperationalError("the server ended the connection")

    postgres_ledger.engine.dispose()
    monkeypatch.setattr(postgres_ledger.engine.dialect, "do_ping", lost)
    with postgres_ledger.reading() as view:
        assert count(view) == 0


@pytest.mark.postgres
def test_plans_are_kept(postgres_ledger: Database) -> None:
    with postgres_ledger.reading() as view:
        assert view.exec_driver_sql("SHOW plan_cache_mode").scalar_one() == "force_generic_plan"


def test_what_a_statement_was_to_write_is_in_no_error(db: Database) -> None:
    row = {"id": "c1", "name": "zebra finches", "persona": {}, "created_at": datetime.now(UTC)}
    with db.transaction() as tx:
        tx.execute(creators.insert().values(**row))
    with pytest.raises(IntegrityError) as caught, db.transaction() as tx:
        tx.execute(creators.insert().values(**row))
    assert "zebra finches" not in str(caught.value)
