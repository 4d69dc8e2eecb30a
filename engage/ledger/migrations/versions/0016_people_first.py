"""What followers told of their age, raids, and what an operator loosened of the disclosure."""

import sqlalchemy as sa
from alembic import op

from engage.ledger.walls import add_wall

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("followers", sa.Column("age", sa.String(6), nullable=False, server_default=""))
    op.add_column("followers", sa.Column("age_until", sa.DateTime(timezone=True)))
    op.create_index("ix_followers_creator_id_first_seen_at", "followers", ["creator_id", "first_seen_at"])
    op.create_table(
        "raids",
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), primary_key=True),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deaf_until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "overrides",
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), primary_key=True),
        sa.Column("rule", sa.String(40), primary_key=True),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    add_wall(op, "raids")
    add_wall(op, "overrides")


def downgrade() -> None:
    op.drop_table("overrides")
    op.drop_table("raids")
    op.drop_index("ix_followers_creator_id_first_seen_at", "followers")
    op.drop_column("followers", "age_until")
    op.drop_column("followers", "age")
