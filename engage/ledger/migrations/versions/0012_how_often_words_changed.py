"""How often a creator's words have changed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "corpora",
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), primary_key=True),
        sa.Column("changes", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("corpora")
