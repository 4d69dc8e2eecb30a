"""What one follower may cost in an hour, and a creator in a day."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.types import UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("cost", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )


def downgrade() -> None:
    op.drop_table("spendings")
