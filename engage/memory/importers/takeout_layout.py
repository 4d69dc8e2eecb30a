"""Which of YouTube's tables in Google Takeout one is, and where things stand in it. Pure.

Headings are in the account's language, and columns have come and gone (Post ID, Currency code, Top-Level Comment ID):
values decide where they can. Layout: purarue/google_takeout_parser, tests and parse_csv.py, and public readers of
exports in German and seven other languages, read 2026-11-27.
"""

from itertools import islice

from engage.memory.importers import takeout_words as words
from engage.memory.importers.takeout_columns import CHANNEL, COMMENT, ID, NUMBER, POST, TIME, VIDEO, Columns
from engage.memory.importers.takeout_table import Kind, Layout, table_rows

_ROWS = 50  # by which a table is told
_LENGTH = "(ms"  # stands in the heading of a video's length in every language


def layout_of(text: str, *, whole: bool = True) -> Layout | None:
    """The layout of a table's text, None where it is none of YouTube's. whole: its last row is not cut off."""
    found = [row for _, row in islice(table_rows(text), _ROWS + 2)]
    headings, rows = (found[0], found[1:]) if found else ((), [])
    if not whole and len(found) <= _ROWS + 1:
        rows = rows[:-1]
    rows = [row for row in rows if len(row) == len(headings)]
    if not rows or len(headings) < 2 or any(CHANNEL.fullmatch(one) for one in headings):
        return None
    columns = Columns(headings, rows)
    return _messages(columns) or _posts(columns) or _videos(columns)


def _messages(columns: Columns) -> Layout | None:
    """Comments, live chats, and posts that tell when and by whom they were written."""
    time, channel = columns.first(TIME), columns.first(CHANNEL)
    if time is None or channel is None or any(_LENGTH in heading for heading in columns.headings):
        return None
    video = columns.first(VIDEO, full=False)
    text = _message(columns, {time, channel, video})
    if text is None or not (columns.are_runs(text) or columns.is_one(channel)):
        return None  # other people's comments, as those programs list them that fetch comments
    own = _own_id(columns, {time, channel, video, text})
    if own is None and not columns.are_runs(text):
        return None
    return Layout(_kind(columns, own, video), len(columns.headings), own, (text,), time, video)


def _kind(columns: Columns, own: int | None, video: int | None) -> Kind:
    if own is not None and video is None and columns.are(own, POST):
        return Kind.POSTS
    if columns.any_called(words.CHAT):
        return Kind.CHATS
    known = columns.any_called(words.COMMENT) or (own is not None and columns.are(own, COMMENT))
    return Kind.COMMENTS if known else Kind.CHATS


def _message(columns: Columns, taken: set[int | None]) -> int | None:
    """The column of the texts: JSON, else what is called text, else the longest."""
    free = [one for one in columns.places if one not in taken and not columns.is_empty(one)]
    runs = [one for one in free if columns.are_runs(one)]
    plain = [one for one in free if not columns.are(one, NUMBER)]
    called = [one for one in columns.called(words.TEXT) if one in plain]
    longest = sorted((one for one in plain if not columns.are(one, ID)), key=columns.length, reverse=True)
    return next(iter((*runs, *called, *longest)), None)


def _own_id(columns: Columns, taken: set[int | None]) -> int | None:
    """Replies also name what they answer; their own id is the longest, and every row has one."""
    ids = [one for one in columns.places if one not in taken and columns.is_full(one) and columns.are(one, ID)]
    return max(ids, key=columns.length, default=None)


def _posts(columns: Columns) -> Layout | None:
    """Posts of a channel's community page, told by their ids; what a poll asks and offers has numbers."""
    own = columns.first(POST)
    texts = [one for one in columns.called(words.TEXT) if not any(sign.isdigit() for sign in columns.headings[one])]
    if own is None or not texts:
        return None
    return Layout(Kind.POSTS, len(columns.headings), own, (texts[0],), columns.first(TIME))


def _videos(columns: Columns) -> Layout | None:
    """Videos with title and description: songs of the music library have no description."""
    own = columns.first(VIDEO)
    if own is None or not columns.is_unique(own):
        return None
    width, time = len(columns.headings), columns.first(TIME)
    title, description = columns.called(words.TITLE), columns.called(words.DESCRIPTION)
    numbered = bool(title) and all(columns.headings[one].rstrip()[-1:].isdigit() for one in title)
    if numbered and description:
        return Layout(Kind.TEXTS, width, own, description, time, title=title)
    if any(_LENGTH in heading for heading in columns.headings):
        title, description = title or _before(time, 3), description or _before(columns.first(CHANNEL), 1)
    elif not description or own not in columns.called(words.VIDEO):
        return None
    if not title:
        return None
    return Layout(Kind.VIDEOS, width, own, description[:1], time, title=title[:1], privacy=_privacy(columns, time))


def _privacy(columns: Columns, time: int | None) -> int | None:
    known = [one for one in columns.places if columns.are_among(one, words.PUBLIC | words.HIDDEN)]
    usual = _before(time, 2) if any(_LENGTH in heading for heading in columns.headings) else ()
    return next(iter((*known, *columns.called(words.PRIVACY), *usual)), None)


def _before(place: int | None, columns: int) -> tuple[int, ...]:
    """The column so many before another, where there is one: the order is the same in every language."""
    return (place - columns,) if place is not None and place > columns else ()
