"""On PostgreSQL a role that sees one creator's rows only; indexes for who is to be erased.

A row that others refer to is deleted only after a look for these: without an index, through all of them for each row.

The owner of the tables is held to no policy: what works for all creators costs nothing more than before. Transactions
of one creator's take the role of the database's name and `_tenant`. Where it cannot be made, they go without.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SAID = "(SELECT current_setting('engage.creator', true))"
OF_CREATOR = (
    "accounts",
    "audit",
    "consents",
    "conversations",
    "corpora",
    "decisions",
    "documents",
    "drafts",
    "facts",
    "followers",
    "indexes",
    "messages",
    "passages",
    "replies",
    "suggestions",
    "turns",
)
OF_ACCOUNT = ("cursors", "deliveries", "modes")
MINE = f"EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.creator_id = {SAID})"  # noqa: S608
THEIRS = {
    "creators": f"id = {SAID}",
    **dict.fromkeys(OF_CREATOR, f"creator_id = {SAID}"),
    **dict.fromkeys(OF_ACCOUNT, MINE),
}
ROLE = """
DO $$
DECLARE tenant text := current_database() || '_tenant';
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = tenant) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', tenant);
    END IF;
    EXECUTE format('GRANT %I TO CURRENT_USER', tenant);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'no role % for the transactions of one creator: docs/privacy.md says how to make it', tenant;
END $$
"""
GRANTS = """
DO $$
DECLARE tenant text := current_database() || '_tenant';
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = tenant) THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO %I', tenant);
        EXECUTE format('GRANT SELECT ON switches, encoders TO %I', tenant);
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), tenant);
    END IF;
END $$
"""
GONE = """
DO $$
DECLARE tenant text := current_database() || '_tenant';
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = tenant) THEN
        EXECUTE format('DROP OWNED BY %I', tenant);
        EXECUTE format('DROP ROLE %I', tenant);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the role % is left', tenant;
END $$
"""


def upgrade() -> None:
    of_forgotten = sa.text("forgotten_at IS NOT NULL")
    op.create_index(
        "ix_followers_forgotten_at",
        "followers",
        ["forgotten_at"],
        sqlite_where=of_forgotten,
        postgresql_where=of_forgotten,
    )
    op.create_index("ix_turns_follower_id", "turns", ["follower_id"])
    op.create_index("ix_messages_delivery_id", "messages", ["delivery_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table, theirs in THEIRS.items():
            op.execute(f"CREATE POLICY of_creator ON {table} USING ({theirs})")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(ROLE)
        op.execute(GRANTS.replace("{tables}", ", ".join(THEIRS)))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(GONE)
        for table in THEIRS:
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            op.execute(f"DROP POLICY of_creator ON {table}")
    op.drop_index("ix_messages_delivery_id", "messages")
    op.drop_index("ix_turns_follower_id", "turns")
    op.drop_index("ix_followers_forgotten_at", "followers")
