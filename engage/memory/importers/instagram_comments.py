"""Comments in Instagram's data export: post_comments_1 and reels_comments, as JSON or HTML.

Layout: public readers of these exports, found by the names of their fields, read 2026-11-26. An entry has the comment,
whose post it is under, and the time, each with a label in the account's language; older ones have no labels.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.meta_page import Box, boxes, is_markup, is_page
from engage.memory.importers.meta_rows import moment, record_of, records_in, row_id, text
from engage.memory.importers.meta_text import repaired
from engage.memory.importers.records import Read, each
from engage.memory.importers.rows import BadRow, Said
from engage.models import Surface

HELP = "Comments in Instagram's data export (JSON or HTML)"

_WRAPPED = re.compile(r'\s*\{\s*"comments_(?:media|reels|story)_comments"\s*:\s*\[')
_BARE = re.compile(r'\s*\[\s*\{.{0,4000}?"string_(?:map|list)_data"\s*:', re.DOTALL)
_LABELLED = re.compile(r'"string_map_data"\s*:\s*\{\s*"Comment"\s*:')
_NAME = re.compile(r"(?:.*/)?(?:post|reels|story)_comments(?:_\d+)?\.(?:json|html)", re.IGNORECASE)
_COMMENT = "Comment"
_HANDLE = re.compile(r"[a-z0-9._]{1,30}")


@dataclass(frozen=True, slots=True)
class _Entry:
    """fields: label and words, in order, without the time."""

    fields: tuple[tuple[str, str], ...]
    at: datetime | None


def sniff(sample: Sample) -> bool:
    """The list by its name, or such entries in a file of comments."""
    if is_page(sample):
        return _NAME.fullmatch(sample.name) is not None
    if _WRAPPED.match(sample.text):
        return True
    told = _LABELLED.search(sample.text) or _NAME.fullmatch(sample.name)
    return bool(told and _BARE.match(sample.text))


def read(source: Source) -> Iterator[Read]:
    """Every comment. Raises Unreadable."""
    if is_markup(source):
        told = [partial(_from_box, box) for box in boxes(source)]
    else:
        told = [partial(_from_record, value) for value in _listed(source)]
    label = _label(told)
    return each(source.path, told, lambda one: _row(one(), label))


def _listed(source: Source) -> list[Any]:
    """The entries, wrapped or not. Raises Unreadable."""
    data = source.json()
    found = next((one for one in data.values() if isinstance(one, list)), None) if isinstance(data, dict) else data
    if not isinstance(found, list):
        raise Unreadable(source.path, "no list of comments: download the export again")
    return found


def _from_record(value: Any) -> _Entry:
    """Raises BadRow."""
    record = record_of(value)
    if listed := records_in(record, "string_list_data"):
        return _Entry(((_COMMENT, text(listed[0].get("value"), "value")),), moment(listed[0].get("timestamp")))
    named = {repaired(name): record_of(one) for name, one in record_of(record.get("string_map_data")).items()}
    fields = ((name, text(one.get("value"), name)) for name, one in named.items())
    at = moment(*(one.get("timestamp") for one in named.values()))
    return _Entry(tuple((name, words) for name, words in fields if words), at)


def _from_box(box: Box) -> _Entry:
    """Raises BadRow."""
    return _Entry(tuple((name, words) for name, words in box.cells if words), box.cell_date)


def _label(told: list[partial[_Entry]]) -> str:
    """How this file labels the comment itself: what comes first where more than one thing is told."""
    firsts: Counter[str] = Counter()
    for one in told:
        with suppress(BadRow):
            if len(fields := one().fields) > 1:
                firsts[fields[0][0]] += 1
    return next((label for label, _ in firsts.most_common(1)), _COMMENT)


def _row(entry: _Entry, label: str) -> Said | None:
    """None where there is only whose post it is under: the comment was a picture."""
    words = dict(entry.fields).get(label, "")
    if not words and len(entry.fields) == 1 and not _HANDLE.fullmatch(entry.fields[0][1]):
        words = entry.fields[0][1]
    if not words:
        return None
    return Said(row_id("instagram", "comment", entry.at, words), words, entry.at, surface=Surface.COMMENT)


FORMAT = Format("instagram comments", HELP, sniff, read, export=True)
