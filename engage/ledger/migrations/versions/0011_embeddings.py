"""Encoders beside the built-in one, and whose vectors serve which creator."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.types import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "encoders",
        sa.Column("spec", sa.String(200), nullable=False),
        sa.Column("access", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("again_at", UtcDateTime),
        sa.PrimaryKeyConstraint("spec"),
    )
    op.create_table(
        "indexes",
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), nullable=False),
        sa.Column("spec", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("background", sa.JSON, nullable=False),
        sa.Column("measured", sa.Integer, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("creator_id", "spec"),
    )
    op.create_index("ix_indexes_state", "indexes", ["state"])


def downgrade() -> None:
    op.drop_table("indexes")
    op.drop_table("encoders")
