"""PostgreSQL shows a transaction one creator's rows, or all where it says so; who asked to be forgotten is found.

The owner of the tables, as which Engage connects, is held to it too (FORCE). A superuser never is.
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
    "creators": f"{SAID} = id",
    **dict.fromkeys(OF_CREATOR, f"{SAID} = creator_id"),
    **dict.fromkeys(OF_ACCOUNT, MINE),
}


def upgrade() -> None:
    of_forgotten = sa.text("forgotten_at IS NOT NULL")
    op.create_index(
        "ix_followers_forgotten_at",
        "followers",
        ["forgotten_at"],
        sqlite_where=of_forgotten,
        postgresql_where=of_forgotten,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, theirs in THEIRS.items():
            op.execute(f"CREATE POLICY of_creator ON {table} USING ({SAID} = '*' OR {theirs})")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in THEIRS:
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            op.execute(f"DROP POLICY of_creator ON {table}")
    op.drop_index("ix_followers_forgotten_at", "followers")
