"""Whether anything is left of somebody: a search through every column of every table."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.sqltypes import TypeEngine

from engage.ledger.erasure import whole
from engage.ledger.json_text import dumps
from engage.ledger.tables import metadata


@dataclass(slots=True)
class Traces:
    """What was looked through, and where something was found: place → how many values."""

    looked_at: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


class Wanted:
    """The words that must not be found, each whole: an id that is the beginning of another's is not it."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = [one for one in dict.fromkeys(words) if one.strip()]
        self._whole = [whole(form) for one in self.words for form in forms(one)]

    def are_in(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._whole)


def forms(words: str) -> list[str]:
    """How words stand in plain text, and in JSON with and without escapes."""
    return list(dict.fromkeys([words, dumps(words)[1:-1], json.dumps(words)[1:-1]]))


def in_ledger(tx: Connection, wanted: Wanted, traces: Traces) -> None:
    """Adds what the tables hold of it."""
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if _holds_text(column.type)]
        traces.looked_at["tables"] += 1
        traces.looked_at["columns"] += len(columns)
        traces.looked_at["rows"] += tx.execute(select(func.count()).select_from(table)).scalar_one()
        for column in columns if wanted.words else ():
            if count := sum(map(wanted.are_in, _candidates(tx, table, column, wanted))):
                traces.found[f"{table.name}.{column.name}"] += count


def _holds_text(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, String | Text | JSON | LargeBinary)


def _candidates(tx: Connection, table: Table, column: Column[Any], wanted: Wanted) -> Iterator[str]:
    """Values with one of the words in it, perhaps in another: the database sorts out most of the rest."""
    is_sqlite = tx.dialect.name == "sqlite"
    spellings = [form for one in wanted.words for form in forms(one)]
    if isinstance(column.type, LargeBinary):
        inside: list[ColumnElement[bool]] = [
            _holds_bytes(column, one.encode(errors="replace"), is_sqlite=is_sqlite) for one in spellings
        ]
        for value in tx.execute(select(column).where(or_(*inside))).scalars():
            yield bytes(value).decode(errors="replace")
        return
    text = func.lower(cast(column, Text))
    place = func.instr if is_sqlite else func.strpos
    inside = [place(text, func.lower(literal(one, Text))) > 0 for one in spellings]
    for value in tx.execute(select(cast(column, Text)).select_from(table).where(or_(*inside))).scalars():
        yield str(value)


def _holds_bytes(column: Column[Any], part: bytes, *, is_sqlite: bool) -> ColumnElement[bool]:
    value = literal(part, LargeBinary)
    return (func.instr(column, value) if is_sqlite else func.position(value.op("IN")(column))) > 0
