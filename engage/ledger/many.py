"""Many rows in one statement.

PostgreSQL is given a list for each column: a statement for each row costs both sides five times as much. SQLite runs
in this process, where a statement for each row is the fastest way.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, String, Table, Text, bindparam, cast, func, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import TableValuedAlias
from sqlalchemy.types import TypeEngine

Rows = Sequence[Mapping[str, Any]]
NEW = "new_"  # before a column's name: the value it gets


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
        names = tuple(rows[0])
        tx.execute(_insertion(table, names, ignoring), _lists(table, names, rows))


def update_many(tx: Connection, table: Table, key: str, rows: Rows) -> None:
    """Give each row the values of its own, found by the column `key`; the same columns in every row."""
    if not rows:
        return
    names = tuple(rows[0])
    if tx.dialect.name == "sqlite":
        tx.execute(_update_of_one(table, key, names), [{NEW + name: row[name] for name in names} for row in rows])
    else:
        tx.execute(_update_of_many(table, key, names), _lists(table, names, rows))


def _lists(table: Table, names: Sequence[str], rows: Rows) -> dict[str, list[Any]]:
    lists: dict[str, list[Any]] = {}
    for name in names:
        values = [row[name] for row in rows]
        is_json = isinstance(table.c[name].type, JSON)
        lists[NEW + name] = [json.dumps(value) for value in values] if is_json else values
    return lists


@lru_cache(256)
def _insertion(table: Table, names: tuple[str, ...], ignoring: bool) -> Any:
    new = _unnested(table, names)
    rows = new.select().with_only_columns(*(_read(table, new, name) for name in names))
    statement = postgresql.insert(table).from_select(list(names), rows)
    return statement.on_conflict_do_nothing() if ignoring else statement


@lru_cache(256)
def _update_of_many(table: Table, key: str, names: tuple[str, ...]) -> Any:
    new = _unnested(table, names)
    values = {name: _read(table, new, name) for name in names if name != key}
    return update(table).where(table.c[key] == new.c[key]).values(values)


@lru_cache(256)
def _update_of_one(table: Table, key: str, names: tuple[str, ...]) -> Any:
    values = {name: bindparam(NEW + name, type_=table.c[name].type) for name in names if name != key}
    return update(table).where(table.c[key] == bindparam(NEW + key)).values(values)


def _unnested(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """The lists as rows of a table `new`."""
    lists = [bindparam(NEW + name, type_=postgresql.ARRAY(_kind(table, name))) for name in names]
    return func.unnest(*lists).table_valued(*names).render_derived(name="new")


def _kind(table: Table, name: str) -> TypeEngine[Any]:
    kind = table.c[name].type
    if isinstance(kind, JSON):
        return Text()
    return String() if isinstance(kind, String) else kind  # no length: the cast of a list would cut without a word


def _read(table: Table, new: TableValuedAlias, name: str) -> ColumnElement[Any]:
    kind = table.c[name].type
    return cast(new.c[name], kind) if isinstance(kind, JSON) else new.c[name]
