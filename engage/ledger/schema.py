"""Bring a database to the newest schema."""

from pathlib import Path

from sqlalchemy import inspect, text

from engage.ledger.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def newest() -> str:
    """The newest revision: migrations are numbered, and a linear history is a tested rule."""
    return max(file.name.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(db: Database) -> str | None:
    """The revision a database is at; None for an empty one."""
    with db.reading() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        return tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(db: Database) -> None:
    """Run the missing migrations. Safe when several processes start at once: they queue for the same lock."""
    if current(db) == newest():
        return
    from alembic import command  # 1 s of imports, paid only when there is something to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with db.transaction() as tx:  # on SQLite this already is the write lock
        if not db.is_sqlite:
            tx.execute(text("SELECT pg_advisory_xact_lock(727274)"))
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
