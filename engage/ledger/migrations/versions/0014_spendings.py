"""What one follower may cost in an hour, and a creator in a day."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.types import UtcDateTime
from engage.ledger.walls import add_wall

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("cost", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("holder", "creator_id"),
    )
    op.create_index("ix_spendings_creator_id", "spendings", ["creator_id"])
    add_wall(op, "spendings")


def downgrade() -> None:
    op.drop_table("spendings")
