"""Numbers that only grow, added up over all workers: what became of turns and replies."""

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from engage.ledger.tables import tallies

Key = tuple[str, str]  # name, label


def add(tx: Connection, more: Mapping[Key, float]) -> None:
    """In the order of the keys: workers that add at once do not wait in a circle."""
    rows = [{"name": name, "label": label, "total": amount} for (name, label), amount in sorted(more.items())]
    if not rows:
        return
    insert = (sqlite if tx.dialect.name == "sqlite" else postgresql).insert(tallies)
    summed = {"total": tallies.c.total + insert.excluded.total}
    tx.execute(insert.on_conflict_do_update(index_elements=["name", "label"], set_=summed), rows)


def read(tx: Connection) -> dict[Key, float]:
    return {(row.name, row.label): row.total for row in tx.execute(select(tallies))}
