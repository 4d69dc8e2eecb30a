"""Captions in Instagram's data export: posts, reels, stories and archived posts, as JSON or HTML.

Layout: public readers of these exports, found by the names of their fields, read 2026-11-26. What the creator archived
nobody can see any longer: it teaches the voice and is not said again.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.meta_page import Box, boxes, is_markup, is_page
from engage.memory.importers.meta_rows import caption, record_of, row_id
from engage.memory.importers.records import Read, each
from engage.memory.importers.rows import DELETED, Dropped, Private, Said

HELP = "Captions in Instagram's data export (JSON or HTML): posts, reels, stories; archived posts teach the voice only"

_LIST = re.compile(
    r'\s*(?:\{\s*"ig_(?:stories|reels_media|igtv_media|other_media|archived_post_media|recently_deleted_media)"\s*:\s*)?'
    r'\[\s*\{\s*"(?:media|uri|title|creation_timestamp)"\s*:'
)
_MADE_AT = re.compile(r'"creation_timestamp"\s*:\s*\d')
_FILE = re.compile(
    r'"uri"\s*:\s*"(?:[^"]*/)?(?:media/)?(?:posts|reels|stories|igtv|other|archived_posts|recently_deleted)/'
)
_PAGE_NAME = re.compile(
    r"(?:.*/)?(?:posts(?:_\d+)?|reels|stories|archived_posts|igtv_videos|recently_deleted_content)\.html", re.IGNORECASE
)
_ARCHIVED, _DELETED, _REPOSTED = "archived_post", "recently_deleted", "repost"


def sniff(sample: Sample) -> bool:
    """A list of what was posted, with its files; words of others that were posted again are none of it."""
    if _REPOSTED in sample.name.casefold():
        return False
    if _PAGE_NAME.fullmatch(sample.name):
        return is_page(sample)
    told = _LIST.match(sample.text) and _MADE_AT.search(sample.text) and _FILE.search(sample.text)
    return told is not None


def read(source: Source) -> Iterator[Read]:
    """Every caption. Raises Unreadable."""
    name = source.file.name.rpartition("/")[2].casefold()
    if is_markup(source):
        told = [partial(_from_box, box) for box in boxes(source)]
    else:
        key, found = _listed(source)
        name, told = f"{key} {name}", [partial(_from_record, value) for value in found]
    if _DELETED not in name:
        public = _ARCHIVED not in name
        yield from each(source.path, told, lambda one: one(public=public))
    elif told:
        yield Dropped(source.path, DELETED, len(told))


def _listed(source: Source) -> tuple[str, list[Any]]:
    """The name of the list, "" where it has none, and what is in it. Raises Unreadable."""
    data = source.json()
    named = data if isinstance(data, dict) else {"": data}
    for key, value in named.items():
        if isinstance(value, list):
            return key, value
    raise Unreadable(source.path, "no list of posts: download the export again")


def _from_record(value: Any, *, public: bool) -> Said | Private | None:
    """Raises BadRow."""
    return _row(*caption(record_of(value)), public=public)


def _from_box(box: Box, *, public: bool) -> Said | Private | None:
    """Raises BadRow."""
    return _row(box.heading, box.date, public=public)


def _row(words: str, said_at: datetime | None, *, public: bool) -> Said | Private | None:
    made = row_id("instagram", "post", said_at, words), words, said_at
    return (Said(*made) if public else Private(*made)) if words else None


FORMAT = Format("instagram", HELP, sniff, read, export=True)
