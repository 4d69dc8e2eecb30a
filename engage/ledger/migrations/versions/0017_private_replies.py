"""A turn may have a private reply beside its public one: one reply a turn and surface."""

from alembic import op

revision = "0017"
down_revision = "0016"

ONE, BOTH = "uq_replies_turn_id", "uq_replies_turn_id_surface"
BESIDE = """
DELETE FROM replies
WHERE EXISTS (SELECT id FROM turns WHERE turns.id = replies.turn_id AND turns.surface <> replies.surface)
"""


def upgrade() -> None:
    with op.batch_alter_table("replies") as replies:
        replies.drop_constraint(ONE, type_="unique")
        replies.create_unique_constraint(BOTH, ["turn_id", "surface"])


def downgrade() -> None:
    op.execute(BESIDE)  # the schema of before has no place for them
    with op.batch_alter_table("replies") as replies:
        replies.drop_constraint(BOTH, type_="unique")
        replies.create_unique_constraint(ONE, ["turn_id"])
