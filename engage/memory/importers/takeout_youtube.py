"""YouTube's tables in a Google Takeout: the creator's comments, live chats, posts, and what they wrote of their videos.

Which columns a table has: see takeout_layout.py. No export has what a comment answered, or other people's replies.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source, sample_of
from engage.memory.importers.rows import LONGEST_ID, BadRow, Dropped, Rejected, Said, clean
from engage.memory.importers.takeout_columns import TIME
from engage.memory.importers.takeout_layout import layout_of
from engage.memory.importers.takeout_table import Kind, Layout, Row, cell, joined, moment, table_rows
from engage.memory.importers.takeout_text import words_of
from engage.memory.importers.takeout_words import PUBLIC
from engage.models import Surface

HELP = "Google Takeout's YouTube tables: own comments, live chats, posts, and public videos' titles and descriptions"
NOT_PUBLIC = "videos that are not known to be public"
_SURFACES = {Kind.COMMENTS: Surface.COMMENT, Kind.CHATS: Surface.LIVE}
_WATCH = "https://www.youtube.com/watch?v="
_DAMAGED = (Unreadable, OSError, zipfile.BadZipFile, zlib.error)


def sniff(sample: Sample) -> bool:
    """A table with ids, times and texts as YouTube's have them."""
    return layout_of(sample.text, whole=sample.whole) is not None


def read(source: Source) -> Iterator[Said | Rejected | Dropped]:
    """Every row that has words. Raises Unreadable where the table is none of YouTube's."""
    layout = layout_of(source.text)
    if layout is None:
        raise Unreadable(source.path, "no table of YouTube's with a heading and rows: request the export again")
    if layout.kind is Kind.VIDEOS:
        yield from _videos(source, layout)
    elif layout.kind is not Kind.TEXTS:
        yield from _messages(source, layout)
    elif not any(_beside(source, Kind.VIDEOS)):  # else its words are read with that one
        raise Unreadable(source.path, "videos.csv tells which of these are public: import the whole folder")


def _messages(source: Source, layout: Layout) -> Iterator[Said | Rejected]:
    titles = {
        cell(row, known.id): joined(row, known.title)
        for known, row in _beside(source, Kind.VIDEOS)
        if _is_public(known, row)
    }
    for line, row in islice(table_rows(source.text), 1, None):
        try:
            said = _message(layout, layout.whole(row), titles)
        except BadRow as error:
            yield Rejected(source.path, line, str(error))
            continue
        if said.text:
            yield said


def _message(layout: Layout, row: Row, titles: Mapping[str, str]) -> Said:
    own, video, time = cell(row, layout.id), cell(row, layout.video), cell(row, layout.time)
    text = words_of(cell(row, layout.text[0]))
    key = own or hashlib.sha256("\n".join((video, time, text)).encode()).hexdigest()[:20]
    url = None
    if layout.kind is Kind.POSTS:
        url = f"https://www.youtube.com/post/{own}"
    elif video:
        url = f"{_WATCH}{video}&lc={own}" if own and layout.kind is Kind.COMMENTS else f"{_WATCH}{video}"
    title = clean(titles.get(video, "")) or None
    return Said(_id(key), text, moment(time), title, url, _SURFACES.get(layout.kind))


def _videos(source: Source, layout: Layout) -> Iterator[Said | Rejected | Dropped]:
    longer = {cell(row, known.id): joined(row, known.text) for known, row in _beside(source, Kind.TEXTS)}
    hidden = 0
    for line, row in islice(table_rows(source.text), 1, None):
        try:
            whole = layout.whole(row)
            if not _is_public(layout, whole):
                hidden += 1
                continue
            said = _video(layout, whole, longer)
        except BadRow as error:
            yield Rejected(source.path, line, str(error))
            continue
        if said.text:
            yield said
    if hidden:
        yield Dropped(source.path, NOT_PUBLIC, hidden)


def _video(layout: Layout, row: Row, longer: Mapping[str, str]) -> Said:
    own = cell(row, layout.id)
    if not own:
        raise BadRow("its video id is missing: request the export again")
    title = words_of(joined(row, layout.title))
    description = words_of(max(joined(row, layout.text), longer.get(own, ""), key=len))
    times = [value for value in row if TIME.fullmatch(value)]  # the last is that of its publishing
    return Said(_id(own), description or title, moment(times[-1] if times else ""), title or None, f"{_WATCH}{own}")


def _beside(source: Source, kind: Kind) -> Iterator[tuple[Layout, Row]]:
    """The rows of the other tables of a kind; one that cannot be read says so itself, when its turn comes."""
    for file in source.export.files:
        if file == source.file or not file.name.lower().endswith(".csv"):
            continue
        try:
            sample = sample_of(file)
            layout = layout_of(sample.text, whole=sample.whole)
            if layout and layout.kind is kind:
                text = Source(file, source.export).text
                yield from ((layout, row) for _, row in islice(table_rows(text), 1, None))
        except _DAMAGED:
            continue


def _is_public(layout: Layout, row: Row) -> bool:
    return layout.privacy is None or cell(row, layout.privacy).casefold() in PUBLIC


def _id(own: str) -> str:
    if len(own) > LONGEST_ID - len("youtube:"):
        raise BadRow("its id is too long to be one: request the export again")
    return f"youtube:{clean(own)}"


FORMAT = Format("youtube takeout", HELP, sniff, read, export=True)
