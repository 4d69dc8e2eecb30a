"""Indexes that let a claim jump over one account's flood."""

from alembic import op

revision = "0002"
down_revision = "0001"

LINES = {
    "turns": ["state", "surface", "account_id", "due_at", "id"],
    "replies": ["state", "surface", "account_id", "due_at", "id"],
    "deliveries": ["state", "account_id", "id"],
}


def upgrade() -> None:
    for table, columns in LINES.items():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    op.create_index("ix_replies_order_key_state", "replies", ["order_key", "state"])
    op.create_index("ix_replies_state_due_at", "replies", ["state", "due_at"])
    op.drop_index("ix_replies_state_surface_due_at", "replies")
    op.drop_index("ix_deliveries_state_id", "deliveries")


def downgrade() -> None:
    op.create_index("ix_deliveries_state_id", "deliveries", ["state", "id"])
    op.create_index("ix_replies_state_surface_due_at", "replies", ["state", "surface", "due_at"])
    op.drop_index("ix_replies_state_due_at", "replies")
    op.drop_index("ix_replies_order_key_state", "replies")
    for table, columns in LINES.items():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
