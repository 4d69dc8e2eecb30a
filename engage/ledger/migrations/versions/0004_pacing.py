"""What platforms allow: quotas of a day or a month, and when a surface may send again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = {"holder": 200, "endpoint": 40, "time_zone": 64, "period": 10}


def upgrade() -> None:
    op.create_table(
        "quotas",
        *(sa.Column(name, sa.String(length), primary_key=True) for name, length in KEY.items()),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_quotas"),
    )
    op.add_column("modes", sa.Column("paced_until", sa.DateTime(timezone=True)))
    op.create_index("ix_replies_creator_id_created_at", "replies", ["creator_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_replies_creator_id_created_at", "replies")
    op.drop_column("modes", "paced_until")
    op.drop_table("quotas")
