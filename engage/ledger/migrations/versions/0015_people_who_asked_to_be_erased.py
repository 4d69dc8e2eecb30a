"""People who asked their platform that everything kept of them be erased."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.types import UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("person_id", sa.String(200)),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("done_at", UtcDateTime),
        sa.Column("erased", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("key_hash"),
    )
    asked = sa.text("due_at IS NOT NULL")
    op.create_index("ix_erasures_asked", "erasures", ["due_at"], sqlite_where=asked, postgresql_where=asked)


def downgrade() -> None:
    op.drop_table("erasures")
