"""A text as Google Takeout writes YouTube's: runs of JSON, one for every piece between links, mentions and times. Pure.

{"text":"First "},{"text":"1:02","videoLink":{…}} since June 2024, {"takeoutSegments":[{"text":"…"}]} before, and plain
text in the oldest tables. Layout: purarue/google_takeout_parser, tests/test_csv.py, read 2026-11-27.
"""

import json
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.rows import BadRow, clean

_DECODER = json.JSONDecoder(strict=False)  # line ends stand as they are in some


def words_of(cell: str) -> str:
    """The cell's words, clean. Raises BadRow where its JSON breaks off."""
    cell = cell.strip()
    runs = cell.startswith(("{", "[")) and ('"text"' in cell or '"takeoutSegments"' in cell)
    return clean("".join(_pieces(cell)) if runs else cell)


def _pieces(cell: str) -> Iterator[str]:
    place = 0
    while place < len(cell):
        if cell[place] in ", \t\r\n":
            place += 1
            continue
        try:
            value, place = _DECODER.raw_decode(cell, place)
        except (ValueError, RecursionError):
            raise BadRow("its text breaks off: request the export again") from None
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one) if isinstance(one, dict) else ()
    elif isinstance(value, dict):
        if isinstance(segments := value.get("takeoutSegments"), list):
            yield from _texts(segments)
        elif isinstance(text := value.get("text"), str):
            yield text
