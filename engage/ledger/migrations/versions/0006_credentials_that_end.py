"""Accounts whose credentials end: when, and who renews them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

COLUMNS = ("expires_at", "renew_at", "renewed_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("accounts", sa.Column(name, sa.DateTime(timezone=True)))
    waiting = sa.text("renew_at IS NOT NULL")
    op.create_index("ix_accounts_renew_at", "accounts", ["renew_at"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_index("ix_accounts_renew_at", "accounts")
    for name in COLUMNS:
        op.drop_column("accounts", name)
