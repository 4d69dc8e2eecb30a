"""Applications that operators register with platforms, consents under way, and when accounts ask for their events."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "apps",
        sa.Column("platform", sa.String(40), primary_key=True),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("state_hash", sa.String(64), primary_key=True),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("creator_id", sa.String(32), sa.ForeignKey("creators.id"), nullable=False),
        sa.Column("asked_by", sa.String(100), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("keep", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("accounts", sa.Column("subscribe_at", sa.DateTime(timezone=True)))
    op.add_column("accounts", sa.Column("unsubscribed", sa.Text(), nullable=False, server_default=""))
    asked = sa.text("subscribe_at IS NOT NULL")
    op.create_index(
        "ix_accounts_subscribe_at", "accounts", ["subscribe_at"], sqlite_where=asked, postgresql_where=asked
    )


def downgrade() -> None:
    op.drop_index("ix_accounts_subscribe_at", "accounts")
    op.drop_column("accounts", "unsubscribed")
    op.drop_column("accounts", "subscribe_at")
    op.drop_table("consents")
    op.drop_table("apps")
