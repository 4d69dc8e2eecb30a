"""A table of YouTube's in Google Takeout: what it lists, where things stand in a row, and its rows. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engage.memory.importers.rows import BadRow, date

_LONGEST_CELL = 10_000_000

Row = Sequence[str]


class Kind(StrEnum):
    """What a table lists."""

    COMMENTS = "comments"
    CHATS = "live chats"
    POSTS = "posts"
    VIDEOS = "videos"
    TEXTS = "video texts"  # the same videos once more, long descriptions in several cells


@dataclass(frozen=True, slots=True)
class Layout:
    """Numbers of columns, None where there is no such column. width: how many there are."""

    kind: Kind
    width: int
    id: int | None
    text: tuple[int, ...]  # of videos the description, which may be in several
    time: int | None = None
    video: int | None = None
    title: tuple[int, ...] = ()
    privacy: int | None = None

    def whole(self, row: Row) -> Row:
        """The row. Raises BadRow where columns are missing, as in the last row of half a file."""
        if len(row) != self.width:
            raise BadRow(f"{len(row)} cells under {self.width} headings: request the export again")
        return row


def table_rows(text: str) -> Iterator[tuple[int, Row]]:
    """(line where it begins, cells) of every row that is not blank, the headings too; () for what is no row."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield start, ()
            continue
        if any(one.strip() for one in row):
            yield start, row


def cell(row: Row, place: int | None) -> str:
    """A row's cell without blank edges, "" where there is none."""
    return row[place].strip() if place is not None and place < len(row) else ""


def joined(row: Row, places: Sequence[int]) -> str:
    """The cells of a text in several parts, one after the other."""
    return "".join(row[place] for place in places if place < len(row)).strip()


def moment(value: str) -> datetime | None:
    """A time as these tables have it, None for an empty cell. Raises BadRow."""
    return date(value.removesuffix(" UTC"))
