"""What tells a worker that Redis no longer reaches."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("heard_at", "published_at"):
        op.add_column("engines", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in ("heard_at", "published_at"):
        op.drop_column("engines", name)
