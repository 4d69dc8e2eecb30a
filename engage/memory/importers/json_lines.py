"""JSON Lines, one row a line; a JSON array of the same rows is welcome too."""

import json
import re
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import BadRow, Rejected, Row, read_row

HELP = (
    'JSON Lines: {"id","text","date"?,"title"?,"source"?} things said or posted, '
    '{"id","question","reply","date"?,"asker"?} past answers, {"id","question","answer"} FAQ, '
    '{"id","name","text","price"?,"url"?} products'
)
_ARRAY = re.compile(r"\s*\[\s*[{\]]")


def sniff(sample: Sample) -> bool:
    """Half of the first lines open an object, or the whole is one JSON array or object."""
    lines = [line for line in sample.text[:20_000].splitlines() if line.strip()][:50]
    if lines and sum(line.lstrip().startswith("{") for line in lines) * 2 >= len(lines):
        return True
    if not sample.whole:
        return _ARRAY.match(sample.text) is not None
    return _whole(sample.text) is not None


def read(source: Source) -> Iterator[Row | Rejected]:
    """Every row, or why its line is none."""
    text, path = source.text, source.path
    if (rows := _whole(text)) is not None:
        for number, fields in enumerate(rows, start=1):
            yield _row(fields, path, number)
        return
    # Not splitlines: U+2028 is allowed inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _line(line, path, number)


def _whole(text: str) -> list[Any] | None:
    if not text.lstrip().startswith(("[", "{\n", "{\r\n")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else [value]


def _line(line: str, path: str, number: int) -> Row | Rejected:
    try:
        return _row(json.loads(line), path, number)
    except json.JSONDecodeError as error:
        return Rejected(path, number, f"not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        return Rejected(path, number, "not JSON that can be read")


def _row(fields: Any, path: str, number: int) -> Row | Rejected:
    if not isinstance(fields, dict):
        return Rejected(path, number, "not a JSON object")
    try:
        return read_row(fields)
    except BadRow as error:
        return Rejected(path, number, str(error))


FORMAT = Format("jsonl", HELP, sniff, read, (".jsonl", ".ndjson", ".json"))
