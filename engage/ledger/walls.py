"""What migrations say so that PostgreSQL shows a transaction one creator's rows of a table, or all where it says so."""

from typing import Any

SAID = "(SELECT current_setting('engage.creator', true))"


def add_wall(op: Any, table: str) -> None:
    """A table with a creator_id, in Alembic's operations `op`. Other databases have no such rule."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE POLICY of_creator ON {table} USING ({SAID} = '*' OR {SAID} = creator_id)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
