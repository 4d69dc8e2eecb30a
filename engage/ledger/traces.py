"""Whether anything is left of somebody: a search through every column of every table."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Connection, LargeBinary, String, Text, cast, select
from sqlalchemy.sql.sqltypes import TypeEngine

from engage.ledger.erasure import whole
from engage.ledger.json_text import dumps
from engage.ledger.tables import metadata

PORTION = 2_000  # rows that are held at a time


@dataclass(slots=True)
class Traces:
    """What was looked through, and where something was found: place → how many values."""

    looked_at: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


class Wanted:
    """The words that must not be found, each whole: an id that is the beginning of another's is not it."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = [one for one in dict.fromkeys(words) if one.strip()]
        spellings = [form for one in self.words for form in forms(one)]
        self._parts = [one.lower() for one in spellings]
        self._whole = [whole(one) for one in spellings]

    def may_be_in(self, text: str) -> bool:
        """False where nothing of it is in the text, also not as a part of other words. Costs little."""
        low = text.lower()
        return any(part in low for part in self._parts)

    def are_in(self, text: str) -> bool:
        return self.may_be_in(text) and any(pattern.search(text) for pattern in self._whole)


def forms(words: str) -> list[str]:
    """How words stand in plain text, and in JSON with and without escapes."""
    return list(dict.fromkeys([words, dumps(words)[1:-1], json.dumps(words)[1:-1]]))


def in_ledger(tx: Connection, wanted: Wanted, traces: Traces) -> None:
    """Adds what the tables hold of it. Every row is read once: to ask the database for each word takes far longer."""
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if _holds_text(column.type)]
        traces.looked_at["tables"] += 1
        traces.looked_at["columns"] += len(columns)
        query = select(*(_as_text(column) for column in columns)).execution_options(yield_per=PORTION)
        for row in tx.execute(query):
            traces.looked_at["rows"] += 1
            values = [_text_of(value) for value in row]
            if wanted.may_be_in("\n".join(values)):
                traces.found.update(
                    f"{table.name}.{column.name}"
                    for column, value in zip(columns, values, strict=True)
                    if wanted.are_in(value)
                )


def _holds_text(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, String | Text | JSON | LargeBinary)


def _as_text(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _text_of(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
