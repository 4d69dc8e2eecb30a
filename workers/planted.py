"""Imported passages in which somebody gives a model orders: it is not shown those, and the creator is told."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from engage.compose.screening import is_planted
from engage.ledger import schema
from engage.ledger.database import Database
from engage.ledger.tables import passages
from engage.memory.corpus import COLUMNS, read_passage
from engage.models import Passage
from engage.settings import Settings

LOOKED_AT = 20_000  # newest passages: the rest would take the doctor minutes


def planted(tx: Connection, creator_id: str = "", limit: int = LOOKED_AT) -> list[Passage]:
    """Those of a creator, or of all, among the passages said last."""
    return [one for one in _newest(tx, creator_id, limit) if is_planted(one)]


def _newest(tx: Connection, creator_id: str, limit: int) -> Iterator[Passage]:
    query = select(*COLUMNS).order_by(passages.c.said_at.desc(), passages.c.id).limit(limit)
    rows = tx.execute(query.where(passages.c.creator_id == creator_id) if creator_id else query)
    return map(read_passage, rows)


def examine(settings: Settings) -> tuple[str, str, str]:
    """State, finding and remedy for the doctor."""
    db = Database(settings.ledger_url)
    try:
        if schema.current(db) != schema.newest():
            return "warn", "not looked at", "See the database check"
        with db.reading() as tx:
            found = planted(tx)
    finally:
        db.close()
    if found:
        return "warn", told(found), "Look at them, and import them again without"
    return "ok", "none gives a model orders", ""


def told(found: Sequence[Passage]) -> str:
    """A line for people: how many, and where the first of them are."""
    places = ", ".join(dict.fromkeys(one.source_id for one in found[:3]))
    return f"{len(found)} with orders to a model, which is not shown them: {places}" + (" …" if len(found) > 3 else "")
