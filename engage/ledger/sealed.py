"""All that is encrypted in the ledger, portion by portion: what keys are still needed for, and what is locked anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, select, update

from engage.ledger.tables import accounts, apps, consents, encoders

PORTION = 200  # rows that one transaction reads and writes


@dataclass(frozen=True, slots=True)
class Place:
    """An encrypted column, with the key of its table."""

    name: str
    key: Column[Any]
    token: Column[Any]


PLACES = (
    Place("accounts", accounts.c.id, accounts.c.credentials),
    Place("applications", apps.c.platform, apps.c.secrets),
    Place("embeddings", encoders.c.spec, encoders.c.access),
    Place("consents", consents.c.state_hash, consents.c.keep),
)


def read(tx: Connection, place: Place) -> Iterator[bytes]:
    """Every token of a place."""
    last = ""
    while rows := _portion(tx, place, last, PORTION):
        yield from (token for _, token in rows)
        last = rows[-1][0]


def lock_anew(
    tx: Connection, place: Place, after: str, relocked: Callable[[bytes], bytes | None], limit: int = PORTION
) -> tuple[str, int]:
    """Lock a portion anew. Returns the last row's key, '' at the end, and how many rows were written.

    A row that was changed meanwhile is left alone: whoever changed it locked it with the key of that moment.
    """
    rows = _portion(tx, place, after, limit)
    written = 0
    for key, token in rows:
        fresh = relocked(token)
        if fresh is not None:
            unchanged = (place.key == key, place.token == token)
            values = {place.token.name: fresh}
            written += tx.execute(update(place.key.table).where(*unchanged).values(**values)).rowcount
    return (rows[-1][0] if len(rows) == limit else ""), written


def _portion(tx: Connection, place: Place, after: str, limit: int) -> list[tuple[str, bytes]]:
    query = select(place.key, place.token).where(place.key > after).order_by(place.key).limit(limit)
    return [(key, token) for key, token in tx.execute(query)]
