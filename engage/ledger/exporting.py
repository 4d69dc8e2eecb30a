"""Taking data out: all of a creator's, or all that is kept of one follower. Credentials stay."""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from engage.ledger import erasure
from engage.ledger.among import among
from engage.ledger.tables import conversations, deliveries, documents, followers, messages, passages, turns
from engage.ledger.tenancy import of_creator, owned, readable

SHARED = "left out: other people's words came with it"


def rows_of(tx: Connection, creator_id: str) -> Iterator[dict[str, Any]]:
    """Every row that belongs to a creator, as {"table", …columns}; credentials are left out, bytes become base64."""
    for table in owned():
        yield from _rows(tx, table, of_creator(table, creator_id))


def rows_about(tx: Connection, platform: str, user_id: str) -> Iterator[dict[str, Any]]:
    """Every row that is kept of a follower, on every account of a platform. Raises UnknownFollower.

    A raw delivery that others' words came with is named without its body.
    """
    ids = [person.id for person in erasure.find(tx, platform, user_id)]
    if not ids:
        raise erasure.UnknownFollower(f"there is no follower {platform}:{user_id}")
    asked = list(tx.execute(select(turns.c.id).where(among(turns.c.follower_id, ids))).scalars())
    said = among(messages.c.follower_id, ids)
    places = select(messages.c.conversation_id).where(said)
    yield from _rows(tx, followers, among(followers.c.id, ids))
    yield from _rows(tx, conversations, conversations.c.id.in_(places))
    for table in erasure.ABOUT_FOLLOWERS:
        yield from _rows(tx, table, _about(table, ids, asked))
    names = erasure.learnt_of(asked)
    for table in (documents, passages):
        mine = table.c.creator_id.in_(select(turns.c.creator_id).where(among(turns.c.id, asked)))
        yield from _rows(tx, table, mine & among(table.c.id, [*names, *(f"{name}#0" for name in names)]))
    came_in = select(messages.c.delivery_id).where(said)
    for row in _rows(tx, deliveries, deliveries.c.id.in_(came_in)):
        yield {**row, "body": SHARED} if _is_shared(tx, row["id"], ids) else row


def _about(table: Table, ids: list[str], asked: list[str]) -> ColumnElement[bool]:
    columns = []
    if "follower_id" in table.c:
        columns.append(among(table.c.follower_id, ids))
    if "turn_id" in table.c and table is not messages:
        columns.append(among(table.c.turn_id, asked))
    return or_(*columns)


def _is_shared(tx: Connection, delivery_id: str, ids: list[str]) -> bool:
    others = (messages.c.delivery_id == delivery_id, messages.c.follower_id.is_not(None))
    return tx.execute(select(messages.c.id).where(*others, ~among(messages.c.follower_id, ids))).first() is not None


def _rows(tx: Connection, table: Table, where: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    for row in tx.execute(select(*readable(table)).where(where)).mappings():
        yield {"table": table.name, **{key: _plain(value) for key, value in row.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
