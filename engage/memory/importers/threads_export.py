"""Threads' data export, on its own or as part of Instagram's: threads_and_replies, as JSON or HTML.

Layout: public readers of these exports, found by the names of their fields, read 2026-11-26. Pages do not tell which
are replies, and neither form has what was replied to.
"""

import re
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.meta_page import Box, boxes, is_markup, is_page
from engage.memory.importers.meta_rows import caption, record_of, records_in, row_id
from engage.memory.importers.records import Read, each
from engage.memory.importers.rows import Said
from engage.models import Surface

HELP = "Posts and replies in the data export of Threads, or of Instagram with it (JSON or HTML)"

_POSTS = "text_post_app_text_posts"
_LIST = re.compile(rf'\s*\{{\s*"{_POSTS}"\s*:\s*\[')
_PAGE_NAME = re.compile(r"(?:.*/)?threads_and_replies(?:_\d+)?\.html", re.IGNORECASE)


def sniff(sample: Sample) -> bool:
    """The list by its name, or its page."""
    return _LIST.match(sample.text) is not None or (_PAGE_NAME.fullmatch(sample.name) is not None and is_page(sample))


def read(source: Source) -> Iterator[Read]:
    """Every post and reply. Raises Unreadable."""
    if is_markup(source):
        return each(source.path, boxes(source), _from_box)
    data = source.json()
    posts = data.get(_POSTS) if isinstance(data, dict) else None
    if not isinstance(posts, list):
        raise Unreadable(source.path, "no list of posts: download the export again")
    return each(source.path, posts, _from_record)


def _from_record(value: Any) -> Said | None:
    """Raises BadRow."""
    post = record_of(value)
    words, said_at = caption(post)
    kinds = [one.get("text_app_post") for one in (post, *records_in(post, "media"))]
    is_reply = any(isinstance(kind, dict) and kind.get("is_reply") is True for kind in kinds)
    surface = Surface.COMMENT if is_reply else None
    return Said(row_id("threads", "", said_at, words), words, said_at, surface=surface) if words else None


def _from_box(box: Box) -> Said | None:
    """Raises BadRow."""
    words, said_at = box.heading, box.date
    return Said(row_id("threads", "", said_at, words), words, said_at) if words else None


FORMAT = Format("threads", HELP, sniff, read, export=True)
