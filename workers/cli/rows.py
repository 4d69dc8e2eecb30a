"""JSON Lines on standard input: a malformed line is reported and skipped, the others are still processed."""

import sys
from collections.abc import Iterator
from typing import IO, Any

import orjson


class Rows:
    """The rows of a JSON Lines stream. `exit_code` is 1 once a line could not be used."""

    def __init__(self, source: IO[bytes] | None = None) -> None:
        self._source = source or sys.stdin.buffer
        self.exit_code = 0

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line number from 1, object)."""
        for number, line in enumerate(self._source, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                self.reject(number, f"not JSON: {error}")
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                self.reject(number, "not a JSON object")

    def reject(self, number: int, error: str) -> None:
        """Report a line that cannot be used."""
        sys.stderr.write(orjson.dumps({"line": number, "error": error}).decode() + "\n")
        sys.stderr.flush()
        self.exit_code = 1


def text_of(row: dict[str, Any], key: str = "text") -> str:
    """A required text. Raises ValueError saying what is missing."""
    value = row.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is missing or no text")
    return value


def id_of(row: dict[str, Any]) -> str:
    """The row's id as text. Raises ValueError where there is none."""
    value = row.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("'id' is missing")
    return str(value)
