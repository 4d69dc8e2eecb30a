"""Indexes of just the rows that something waits for: a row that is done is in none of them."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Indexes = Mapping[str, tuple[str, list[str], str | None]]  # name → table, columns, condition

COLLECTING = "state = 'collecting'"
UNENDED = "state IN ('collecting', 'answering')"
UNDERWAY = "state IN ('due', 'sending', 'uncertain')"
RECEIVED = "state = 'received'"
LINE = ["surface", "account_id", "due_at", "id"]
ORDER = ["conversation_id", "order_key", "id"]
NEW: Indexes = {
    "ix_deliveries_line": ("deliveries", ["account_id", "id"], RECEIVED),
    "ix_deliveries_received": ("deliveries", ["received_at"], RECEIVED),
    "ix_turns_line": ("turns", LINE, COLLECTING),
    "ix_turns_due": ("turns", ["surface", "due_at"], COLLECTING),
    "ix_turns_answering": ("turns", ["lease_until"], "state = 'answering'"),
    "ix_turns_unended": ("turns", ORDER, UNENDED),
    "ix_decisions_open": ("decisions", ["turn_id"], "open IS true"),
    "ix_replies_due_line": ("replies", LINE, "state = 'due'"),
    "ix_replies_due": ("replies", ["due_at"], "state = 'due'"),
    "ix_replies_uncertain_line": ("replies", LINE, "state = 'uncertain'"),
    "ix_replies_uncertain": ("replies", ["due_at"], "state = 'uncertain'"),
    "ix_replies_sending": ("replies", ["lease_until"], "state = 'sending'"),
    "ix_replies_underway": ("replies", ORDER, UNDERWAY),
    "ix_replies_timed": ("replies", ["release_at"], "state = 'held' AND release_at IS NOT NULL"),
    "ix_replies_receipt": ("replies", ["account_id", "receipt_id"], "receipt_id IS NOT NULL"),
}
OLD: Indexes = {
    "ix_deliveries_state_account_id_id": ("deliveries", ["state", "account_id", "id"], None),
    "ix_deliveries_received": ("deliveries", ["state", "received_at"], RECEIVED),
    "ix_turns_state_surface_due_at": ("turns", ["state", "surface", "due_at"], None),
    "ix_turns_state_surface_account_id_due_at_id": ("turns", ["state", *LINE], None),
    "ix_turns_order_key_state": ("turns", ["order_key", "state"], None),
    "ix_turns_conversation_id_follower_id": ("turns", ["conversation_id", "follower_id"], None),
    "ix_decisions_open": ("decisions", ["open"], "open"),
    "ix_replies_state_due_at": ("replies", ["state", "due_at"], None),
    "ix_replies_state_surface_account_id_due_at_id": ("replies", ["state", *LINE], None),
    "ix_replies_order_key_state": ("replies", ["order_key", "state"], None),
    "ix_replies_timed": ("replies", ["state", "release_at"], "state = 'held' AND release_at IS NOT NULL"),
    "ix_replies_account_id_receipt_id": ("replies", ["account_id", "receipt_id"], None),
}


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: Indexes, new: Indexes) -> None:
    for name, (table, _, _) in old.items():
        op.drop_index(name, table)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (table, columns, where) in new.items():
        # As statements say it there: SQLite compares words.
        words = sa.text(where.replace("true", "1") if sqlite else where) if where else None
        op.create_index(name, table, columns, sqlite_where=words, postgresql_where=words)
