"""The guard of tenancy: every statement that the code executes in a test must say whose rows it means.

A statement is loose where it reads or writes rows of creators without a key that belongs to exactly one of them: the
creator's id, the id of something of theirs, or a join with a table that is tied so. Such a statement is allowed only
to what works for all creators, by name and with its reason (`tests/tenants_of_all.py`).
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Column, Connection, Delete, Table, Update, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ClauseElement,
    ClauseList,
    Grouping,
    TextClause,
    Tuple,
)
from sqlalchemy.sql.selectable import CTE, Alias, CompoundSelect, FromClause, Join, Select, Subquery

from engage.ledger.among import _Among
from engage.ledger.tenancy import owned
from tests.tenants_of_all import ALL_CREATORS, MEASURING

ROOT = Path(__file__).parents[1]
OURS = tuple(f"{ROOT / name}/" for name in ("engage", "workers", "connectors"))
THEIRS = f"{ROOT / 'tests'}/"
# Columns whose value belongs to exactly one creator, in whatever table they stand.
KEYS = frozenset(
    "id creator_id account_id conversation_id follower_id turn_id message_id delivery_id order_key state_hash"
    " idempotency_key".split()
)
NAMES = {"creators": {"name"}, "accounts": {"platform_user_id"}}  # unique in the whole installation
OWNED = {table.name for table in owned()}
_WORDS = re.compile(r"\b(" + "|".join(sorted(OWNED)) + r")\b")

_SQLITE = sqlite.dialect()
_NOTHING = _SQLITE.statement_compiler(_SQLITE, None)

violations: list[str] = []
_known: dict[str, frozenset[str]] = {}


def loose(statement: ClauseElement) -> frozenset[str]:
    """The tables of creators' rows that the statement does not tie to one creator."""
    return frozenset(_Look().scope(statement, ()))


class _Look:
    """One statement. Each SELECT in it is a scope of its own, and sees what stands around it."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def scope(self, statement: Any, outer: tuple[FromClause, ...]) -> Iterator[str]:
        if id(statement) in self._seen:
            return
        self._seen.add(id(statement))
        if isinstance(statement, TextClause):
            yield from _WORDS.findall(statement.text)
            return
        froms = [one for one in _froms(statement) if one not in outer]
        conditions = list(_conditions(statement))
        tied = set(outer) | {one for one in froms if not _is_owned(one)}
        while more := {one for one in froms if one not in tied and _is_tied(one, conditions, tied)}:
            tied |= more
        yield from (_name(one) for one in froms if one not in tied)
        around = outer if isinstance(statement, CompoundSelect) else (*outer, *froms)
        for inner, is_from in _inner(statement):
            yield from self.scope(inner, () if is_from else around)


def _froms(statement: Any) -> Iterator[FromClause]:
    if isinstance(statement, Select):
        for one in _final_froms(statement):
            yield from _flat(one)
    elif isinstance(statement, Update | Delete):
        yield statement.table
        for one in statement.whereclause._from_objects if statement.whereclause is not None else ():
            yield from _flat(one)


def _final_froms(statement: Any) -> list[Any]:
    """As `Select.get_final_froms`, which compiles the whole statement, and for no real database."""
    found: list[Any] = statement._compile_state_factory(statement, _NOTHING)._get_display_froms()
    return found


def _flat(one: Any) -> Iterator[FromClause]:
    if isinstance(one, Join):
        yield from _flat(one.left)
        yield from _flat(one.right)
    else:
        yield one


def _conditions(statement: Any) -> Iterator[Any]:
    """What must be true of every row: the parts of AND, and what tables are joined on."""
    where = getattr(statement, "whereclause", None)
    if where is not None:
        yield from _parts(where)
    if isinstance(statement, Select):
        for one in _final_froms(statement):
            yield from _joined(one)


def _joined(one: Any) -> Iterator[Any]:
    if isinstance(one, Join):
        yield from _parts(one.onclause)
        yield from _joined(one.left)
        yield from _joined(one.right)


def _parts(condition: Any) -> Iterator[Any]:
    if isinstance(condition, Grouping):
        yield from _parts(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for one in condition.clauses:
            yield from _parts(one)
    else:
        yield condition


def _is_owned(one: FromClause) -> bool:
    return _name(one) in OWNED


def _name(one: Any) -> str:
    """Of a table, or of the table that an alias stands for; '' for anything else, whose inside is looked at itself."""
    if isinstance(one, Alias) and not isinstance(one, CTE | Subquery):
        return _name(one.element)
    return str(one.name) if isinstance(one, Table) else ""


def _is_tied(one: FromClause, conditions: Iterable[Any], tied: set[Any]) -> bool:
    return any(_ties(condition, one, tied) for condition in conditions)


def _ties(condition: Any, one: FromClause, tied: set[Any]) -> bool:
    if isinstance(condition, Grouping):
        return _ties(condition.element, one, tied)
    if isinstance(condition, BooleanClauseList):
        every = all if condition.operator is operators.or_ else any
        return every(_ties(part, one, tied) for part in condition.clauses)
    if isinstance(condition, _Among):
        return _is_key(next(iter(condition.clauses)), one)
    if not isinstance(condition, BinaryExpression):
        return False
    if condition.operator is operators.in_op:
        return _is_key(condition.left, one)
    if condition.operator is not operators.eq:
        return False
    pairs = ((condition.left, condition.right), (condition.right, condition.left))
    return any(_is_key(key, one) and _is_given(value, one, tied) for key, value in pairs)


def _is_key(column: Any, one: FromClause) -> bool:
    if isinstance(column, Grouping):
        return _is_key(column.element, one)
    if isinstance(column, Tuple | ClauseList):
        return any(_is_key(part, one) for part in column.clauses)
    if getattr(column, "table", None) is not one:
        return False
    return column.name in KEYS or column.name in NAMES.get(_name(one), ())


def _is_given(value: Any, one: FromClause, tied: set[Any]) -> bool:
    """By the caller, or by a table that is tied itself."""
    table = getattr(value, "table", None)
    return table is None or (table is not one and table in tied)


def _inner(statement: Any) -> Iterator[tuple[Any, bool]]:
    """The statements inside, and whether one stands in FROM: that sees nothing of what is around it."""
    is_insert = isinstance(statement, Insert)
    waiting = [statement.select, *_values(statement)] if is_insert else list(statement.get_children())
    waiting += _froms(statement)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Select | CompoundSelect | Update | Delete | Insert | TextClause):
            yield one, False
        elif isinstance(one, CTE | Subquery):
            yield one.element, True
        elif isinstance(one, Alias):
            waiting.append(one.element)
        elif one is not None and not isinstance(one, Table | Column):
            waiting.extend(one.get_children())


def _values(statement: Insert) -> list[Any]:
    return [one for one in (statement._values or {}).values() if isinstance(one, ClauseElement)]


# what a test executes -----------------------------------------------------------------------------------------------


def watch() -> None:
    """Look at every statement of every engine of this process."""
    if not event.contains(Engine, "before_cursor_execute", _look):
        event.listen(Engine, "before_cursor_execute", _look)


def _look(tx: Connection, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    if sql not in _known:
        compiled = getattr(context, "compiled", None)
        _known[sql] = loose(compiled.statement) if compiled is not None else frozenset(_raw(sql))
    if not _known[sql]:
        return
    who = caller(sys._getframe(1))
    if who and who not in ALL_CREATORS and not who.startswith(MEASURING):
        tables = ", ".join(sorted(_known[sql]))
        violations.append(f"{who} does not say whose rows of {tables} it means: {' '.join(sql.split())[:400]}")


def _raw(sql: str) -> list[str]:
    """Tables that a statement written by hand names; of definitions and settings, none."""
    return _WORDS.findall(sql) if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", sql, re.IGNORECASE) else []


def caller(frame: FrameType | None) -> str:
    """The function of ours that executes it, as `module.function`; '' where a test or a migration does."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(THEIRS) or "/migrations/" in file:
            return ""
        if file.startswith(OURS) and not file.endswith("engage/ledger/database.py"):
            module = file.removeprefix(f"{ROOT}/").removesuffix(".py").replace("/", ".")
            return re.sub(r"\.<\w+>", "", f"{module}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return ""
