"""How often a creator's words, their vectors, and which of them serve, have changed.

Whoever keeps words in memory sees by one number that they are still those of the ledger.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from engage.ledger.among import among
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import corpora


def note_change(tx: Connection, creator_id: str) -> None:
    """They are changed by this transaction, which should say so before it does: two of them then take turns."""
    mine = update(corpora).where(corpora.c.creator_id == creator_id).values(changes=corpora.c.changes + 1)
    if not tx.execute(mine).rowcount:
        tx.execute(insert_ignoring(tx, corpora).values(creator_id=creator_id, changes=0))
        tx.execute(mine)


def changes_of(tx: Connection, creator_ids: Collection[str]) -> dict[str, int]:
    """By creator id; 0 where none was ever noted."""
    found = tx.execute(select(corpora).where(among(corpora.c.creator_id, creator_ids)))
    return dict.fromkeys(creator_ids, 0) | {row.creator_id: row.changes for row in found}
