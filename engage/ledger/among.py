"""`column IN (…)` whose text is the same for any number of values.

A list of parameters makes another statement of every length, and each is parsed and planned anew, which takes a claim
longer than to run. Here the values are one parameter: an array for PostgreSQL, a JSON text for SQLite.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Dialect, String, Table, Text, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from engage.ledger.json_text import dumps


class Texts(TypeDecorator[Collection[str]]):
    """Any number of texts as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else postgresql.ARRAY(String()))

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        if value is None:
            raise ValueError("no values: pass an empty list")
        return dumps(list(value)) if dialect.name == "sqlite" else list(value)


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        """As it is: `(…) = 1`, which SQLAlchemy makes of a condition where there are no booleans, uses no index."""
        return self


def among(column: ColumnElement[str], values: Collection[str] | str) -> ColumnElement[bool]:
    """Whether the column has one of the values. A str names the parameter that will bring them."""
    if isinstance(values, str):
        return _Among(column, bindparam(values, type_=Texts()))
    return _Among(column, bindparam(None, values, type_=Texts(), unique=True))


@compiles(_Among, "postgresql")
def _as_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    return f"({compiler.process(column == any_(values), **options)})"


@compiles(_Among, "sqlite")
def _as_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = element.clauses
    each = func.json_each(values).table_valued("value")
    return f"({compiler.process(column.in_(select(each.c.value)), **options)})"


def locked_elsewhere(tx: Connection, table: Table, missed: Collection[str]) -> frozenset[str]:
    """Of rows that a look past locks did not find, those that are there: the others were erased meanwhile."""
    if not missed:
        return frozenset()
    return frozenset(tx.execute(select(table.c.id).where(among(table.c.id, missed))).scalars())
