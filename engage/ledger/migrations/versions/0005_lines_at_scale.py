"""Polls and streams in line, and indexes that see only what waits."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PARTIAL = {
    "ix_accounts_changed": ("accounts", ["id"], "offer IS NULL"),
    "ix_cursors_lease_owner": ("cursors", ["lease_owner"], "lease_owner IS NOT NULL"),
    "ix_deliveries_received": ("deliveries", ["state", "received_at"], "state = 'received'"),
    "ix_turns_open": ("turns", ["surface", "opened_at"], "state = 'collecting'"),
    "ix_replies_unsent": ("replies", ["state", "expires_at"], "state IN ('held', 'due')"),
    "ix_replies_timed": ("replies", ["state", "release_at"], "state = 'held' AND release_at IS NOT NULL"),
    "ix_passages_late": ("passages", ["creator_id", "id"], "indexed_at IS NULL"),
}


def upgrade() -> None:
    op.add_column("accounts", sa.Column("offer", sa.String(length=40)))
    op.execute("UPDATE cursors SET next_at = lease_until WHERE lease_owner IS NOT NULL")
    op.execute("UPDATE cursors SET next_at = CURRENT_TIMESTAMP WHERE next_at IS NULL")
    op.drop_column("cursors", "lease_until")
    op.create_index("ix_cursors_source_next_at", "cursors", ["source", "next_at"])
    for name, (table, columns, where) in PARTIAL.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.drop_index("ix_passages_creator_id_indexed_at", "passages")
    op.create_table(
        "duties",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duties")),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "label", name=op.f("pk_tallies")),
    )


def downgrade() -> None:
    op.drop_table("tallies")
    op.drop_table("duties")
    op.create_index("ix_passages_creator_id_indexed_at", "passages", ["creator_id", "indexed_at"])
    for name, (table, _, _) in reversed(PARTIAL.items()):
        op.drop_index(name, table)
    op.drop_index("ix_cursors_source_next_at", "cursors")
    op.add_column("cursors", sa.Column("lease_until", sa.DateTime(timezone=True)))
    op.execute("UPDATE cursors SET lease_until = next_at WHERE lease_owner IS NOT NULL")
    op.drop_column("accounts", "offer")
