"""Questions for the FAQ that the creator has approved or dismissed."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.types import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), nullable=False),
        sa.Column("turn_id", sa.String(32), sa.ForeignKey("turns.id"), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("settled_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("creator_id", "turn_id"),
    )
    op.create_index("ix_suggestions_turn_id", "suggestions", ["turn_id"])


def downgrade() -> None:
    op.drop_table("suggestions")
