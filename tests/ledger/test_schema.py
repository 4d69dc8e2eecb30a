"""Migrations and tables say the same, on both databases."""

import multiprocessing
import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from engage.ledger import schema
from engage.ledger.database import Database
from engage.ledger.tables import metadata, replies
from engage.models import Card, Disclosure, Escalate, Reply
from tests.ledger.house import House

IN_BOTH_WAYS = Escalate(Card(()), Reply("Here.", Disclosure.TEXT), private=Reply("There.", Disclosure.TEXT))
MIGRATIONS = sorted((schema.MIGRATIONS / "versions").glob("[0-9]*.py"))


def test_migrations_build_exactly_the_tables(db: Database) -> None:
    with db.reading() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_migrations_build_the_indexes_word_for_word(db: Database, empty_url: str) -> None:
    """A statement finds an index of part of a table only by the very words of its condition."""
    straight = Database(empty_url)
    with straight.transaction() as tx:
        metadata.create_all(tx)
    with db.reading() as migrated, straight.reading() as created:
        assert _indexes(migrated) == _indexes(created)
    straight.close()


def _indexes(tx: Connection) -> dict[str, str]:
    if tx.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    found = {str(name): str(words) for name, words in tx.execute(text(query))}
    return {name: words for name, words in found.items() if "alembic" not in name}


def test_a_migrated_database_is_at_the_newest_revision(db: Database) -> None:
    assert schema.current(db) == schema.newest()


def test_an_empty_database_has_no_revision(empty_url: str) -> None:
    db = Database(empty_url)
    assert schema.current(db) is None
    db.close()


def test_upgrading_twice_changes_nothing(db: Database) -> None:
    schema.upgrade(db)
    assert schema.current(db) == schema.newest()


def test_a_failed_upgrade_leaves_no_half_schema(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    whole = command.upgrade

    def breaks_off(*args: Any) -> None:
        whole(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", breaks_off)
    db = Database(empty_url)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(db)
    assert schema.current(db) is None
    db.close()


def _upgrade(url: str, start: Any, failures: Any) -> None:
    db = Database(url)
    start.wait()
    try:
        schema.upgrade(db)
    except BaseException as error:
        failures.put(f"{type(error).__name__}: {error}")
        raise
    finally:
        db.close()


def test_two_processes_that_start_at_once_both_find_the_schema(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, failures = spawn.Barrier(2), spawn.SimpleQueue()
    both = [spawn.Process(target=_upgrade, args=(empty_url, start, failures)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0], failures.get()
    db = Database(empty_url)
    assert schema.current(db) == schema.newest()
    with db.reading() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    db.close()


def test_migrations_are_numbered_one_after_the_other() -> None:
    numbers = [file.name[:4] for file in MIGRATIONS]
    assert numbers == [f"{place:04d}" for place in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.name)
def test_each_migration_follows_the_one_before(file: Any) -> None:
    text = file.read_text()
    number = int(file.name[:4])
    before = f'"{number - 1:04d}"' if number > 1 else "None"
    assert re.search(rf'^revision = "{number:04d}"$', text, re.MULTILINE)
    assert re.search(rf"^down_revision = {before}$", text, re.MULTILINE)


def test_a_migration_can_be_taken_back(empty_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    db = Database(empty_url)
    schema.upgrade(db)
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with db.transaction() as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, "base")
    assert schema.current(db) is None
    with db.reading() as tx:
        assert inspect(tx).get_table_names() == ["alembic_version"]
    db.close()


def test_private_replies_go_with_the_schema_that_has_room_for_them(empty_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    db = Database(empty_url)
    schema.upgrade(db)
    house = House(db)
    house.tell()
    house.conclude(house.claim_one(), IN_BOTH_WAYS)
    assert len(house.rows(replies)) == 2
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    for step, revision in ((command.downgrade, "0016"), (command.upgrade, "head")):
        with db.transaction() as tx:
            config.attributes["connection"] = tx
            step(config, revision)
        assert house.row(replies).surface == "comment"
    house.tell(where="thread-2")
    house.conclude(house.claim_one(), IN_BOTH_WAYS)
    assert sorted(row.surface for row in house.rows(replies)) == ["comment", "comment", "dm"]
    db.close()
