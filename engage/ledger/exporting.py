"""Taking a creator's data out."""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from engage.ledger.tables import (
    accounts,
    audit,
    conversations,
    creators,
    cursors,
    decisions,
    deliveries,
    documents,
    drafts,
    facts,
    followers,
    messages,
    modes,
    overrides,
    passages,
    raids,
    replies,
    suggestions,
    turns,
)

OF_CREATOR = (
    accounts,
    followers,
    conversations,
    messages,
    facts,
    turns,
    drafts,
    decisions,
    replies,
    documents,
    passages,
    suggestions,
    overrides,
    raids,
    audit,
)
OF_ACCOUNT = (modes, cursors, deliveries)
SECRET = {("accounts", "credentials")}


def rows_of(tx: Connection, creator_id: str) -> Iterator[dict[str, Any]]:
    """Every row that belongs to a creator, as {"table", …columns}; credentials are left out, bytes become base64."""
    yield from _rows(tx, creators, creators.c.id == creator_id)
    for table in OF_CREATOR:
        yield from _rows(tx, table, table.c.creator_id == creator_id)
    theirs = select(accounts.c.id).where(accounts.c.creator_id == creator_id)
    for table in OF_ACCOUNT:
        yield from _rows(tx, table, table.c.account_id.in_(theirs))


def _rows(tx: Connection, table: Table, where: Any) -> Iterator[dict[str, Any]]:
    columns = [column for column in table.c if (table.name, column.name) not in SECRET]
    for row in tx.execute(select(*columns).where(where)).mappings():
        yield {"table": table.name, **{key: _plain(value) for key, value in row.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
