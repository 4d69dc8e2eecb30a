"""Where a creator wrote a passage: comments, direct messages and live chat have a style each."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("passages", sa.Column("surface", sa.String(10)))


def downgrade() -> None:
    op.drop_column("passages", "surface")
