"""What migrations say so that on PostgreSQL a transaction of one creator's sees that creator's rows of a new table."""

from typing import Any

GRANT = """
DO $$
DECLARE tenant text := current_database() || '_tenant';
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = tenant) THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO %I', tenant);
    END IF;
END $$
"""


def add_wall(op: Any, table: str) -> None:
    """A table with a creator_id, in Alembic's operations `op`. Other databases know no such rule."""
    if op.get_bind().dialect.name == "postgresql":
        said = "(SELECT current_setting('engage.creator', true))"
        op.execute(f"CREATE POLICY of_creator ON {table} USING (creator_id = {said})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(GRANT.replace("{table}", table))
