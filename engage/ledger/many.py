"""Many rows in one statement.

PostgreSQL is given all of them as one JSON text: a statement for each row costs both sides five times as much, and a
list for each column twice as much. SQLite runs in this process, where a statement for each row is the fastest way.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Connection, LargeBinary, String, Table, Text, bindparam, cast, column, func, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import TableValuedAlias
from sqlalchemy.types import TypeEngine

from engage.ledger.json_text import dumps
from engage.ledger.types import UtcDateTime, aware

Rows = Sequence[Mapping[str, Any]]
NEW = "new_"  # before a column's name: the value it gets
ROWS = "rows"


def insert_ignoring(tx: Connection, table: Table) -> Any:
    """INSERT … ON CONFLICT DO NOTHING in the database's own dialect."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


def insert_many(tx: Connection, table: Table, rows: Rows, *, ignoring: bool = False) -> None:
    """Insert rows with the same columns each. ignoring: leave out those whose key is there already."""
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(insert_ignoring(tx, table) if ignoring else insert(table), [dict(row) for row in rows])
    else:
        tx.execute(_insertion(table, tuple(rows[0]), ignoring), {ROWS: _as_text(table, rows)})


def update_many(tx: Connection, table: Table, key: str, rows: Rows) -> None:
    """Give each row the values of its own, found by the column `key`; the same columns in every row."""
    if not rows:
        return
    names = tuple(rows[0])
    if tx.dialect.name == "sqlite":
        tx.execute(_update_of_one(table, key, names), [{NEW + name: row[name] for name in names} for row in rows])
    else:
        tx.execute(_update_of_many(table, key, names), {ROWS: _as_text(table, rows)})


def _as_text(table: Table, rows: Rows) -> str:
    """The rows as a JSON list. Raises ValueError for a naive time."""
    odd = [column for column in table.columns if isinstance(column.type, LargeBinary | UtcDateTime)]
    odd = [column for column in odd if column.name in rows[0]]
    return dumps([{**row, **{one.name: _writable(one.type, row[one.name]) for one in odd}} for row in rows])


def _writable(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    return aware(value) if isinstance(kind, UtcDateTime) else f"\\x{value.hex()}"  # as PostgreSQL writes bytes


@lru_cache(256)
def _insertion(table: Table, names: tuple[str, ...], ignoring: bool) -> Any:
    new = _read(table, names)
    statement = postgresql.insert(table).from_select(list(names), new.select())
    return statement.on_conflict_do_nothing() if ignoring else statement


@lru_cache(256)
def _update_of_many(table: Table, key: str, names: tuple[str, ...]) -> Any:
    new = _read(table, names)
    values = {name: new.c[name] for name in names if name != key}
    return update(table).where(table.c[key] == new.c[key]).values(values)


@lru_cache(256)
def _update_of_one(table: Table, key: str, names: tuple[str, ...]) -> Any:
    values = {name: bindparam(NEW + name, type_=table.c[name].type) for name in names if name != key}
    return update(table).where(table.c[key] == bindparam(NEW + key)).values(values)


def _read(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The JSON text as rows of a table `new`."""
    text = cast(bindparam(ROWS, type_=Text), JSON)
    columns = [column(name, _kind(table.c[name].type)) for name in names]
    return func.json_to_recordset(text).table_valued(*columns).render_derived(name="new", with_types=True)


def _kind(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return String() if isinstance(kind, String) else kind  # no length: reading it would cut without a word
