"""What followers told the avatar in direct messages, and since when it has forgotten what was said before."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("followers", sa.Column("forgotten_at", sa.DateTime(timezone=True)))
    op.create_table(
        "facts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("creator_id", sa.String(length=32), nullable=False),
        sa.Column("follower_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
        sa.ForeignKeyConstraint(["creator_id"], ["creators.id"], name=op.f("fk_facts_creator_id")),
        sa.ForeignKeyConstraint(["follower_id"], ["followers.id"], name=op.f("fk_facts_follower_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_facts_message_id")),
    )
    for column in ("creator_id", "follower_id", "message_id", "expires_at"):
        op.create_index(op.f(f"ix_facts_{column}"), "facts", [column])


def downgrade() -> None:
    op.drop_table("facts")
    op.drop_column("followers", "forgotten_at")
