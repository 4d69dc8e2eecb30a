"""Facebook's data export, of a profile or a page: posts and comments, as JSON or HTML.

Layout: public readers of these exports, found by the names of their fields, read 2026-11-26. Exports do not tell who
may see a group: what was written there is taken as private.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.meta_page import Box, boxes, is_markup, is_page
from engage.memory.importers.meta_rows import moment, record_of, records_in, row_id, text
from engage.memory.importers.records import Read, each
from engage.memory.importers.rows import Private, Said
from engage.models import Surface

HELP = "Posts and comments in Facebook's data export (JSON or HTML); what was written in groups teaches the voice only"

_LISTS = ("comments_v2", "comments", "group_comments_v2", "group_comments", "group_posts_v2", "group_posts")
_NAMED = re.compile(rf'\s*\{{\s*"(?:{"|".join(_LISTS)})"\s*:\s*\[')
_BARE = re.compile(r'\s*\[\s*\{\s*"(?:timestamp|attachments|data|title|tags)"\s*:')
_WORDS = re.compile(
    r'"data"\s*:\s*\[\s*(?:\{\s*\}\s*,\s*)*\{\s*"(?:post"\s*:\s*"|comment"\s*:\s*\{|(?:update|backdated)_timestamp"\s*:)'
)
_WHEN = re.compile(r'"timestamp"\s*:\s*\d{9,10}\b')
_PAGE_NAME = re.compile(
    r"(?:.*/)?(?:(?:your|profile|page)_posts\w*|comments|group_posts_and_comments|your_(?:posts|comments)_in_groups)\.html",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"(?:.*/)?(?:other_people|posts_from_others|wall_posts)[^/]*", re.IGNORECASE)


def sniff(sample: Sample) -> bool:
    """Entries with a time and the words of a post or comment; what others wrote to the creator is none of it."""
    if _OTHERS.fullmatch(sample.name):
        return False
    if _PAGE_NAME.fullmatch(sample.name):
        return is_page(sample)
    begins = _NAMED.match(sample.text) or _BARE.match(sample.text)
    return bool(begins and _WHEN.search(sample.text) and _WORDS.search(sample.text))


def read(source: Source) -> Iterator[Read]:
    """Every post and comment. Raises Unreadable."""
    name = source.file.name.rpartition("/")[2].casefold()
    if is_markup(source):
        row = partial(_from_box, in_group="group" in name, comment="comments" in name and "posts" not in name)
        return each(source.path, boxes(source), row)
    data = source.json()
    if isinstance(data, list):
        return each(source.path, data, partial(_from_record, in_group="group" in name))
    for key in _LISTS:
        if isinstance(data, dict) and isinstance(found := data.get(key), list):
            return each(source.path, found, partial(_from_record, in_group="group" in key))
    raise Unreadable(source.path, "no list of posts or comments: download the export again")


def _from_record(value: Any, *, in_group: bool) -> Said | Private | None:
    """Raises BadRow."""
    entry = record_of(value)
    for told in records_in(entry, "data"):
        if "comment" in told:
            comment = record_of(told["comment"])
            at = moment(comment.get("timestamp"), entry.get("timestamp"))
            closed = in_group or bool(comment.get("group"))
            return _row(text(comment.get("comment"), "comment"), at, in_group=closed, comment=True)
    posts = [text(told.get("post"), "post") for told in records_in(entry, "data")]
    words = next((post for post in posts if post), "") or _description(entry)
    return _row(words, moment(entry.get("timestamp")), in_group=in_group, comment=False)


def _description(entry: dict[str, Any]) -> str:
    """What stands below the pictures of a post without words of its own. Raises BadRow."""
    shown = [one for attached in records_in(entry, "attachments") for one in records_in(attached, "data")]
    media = [record_of(one["media"]) for one in shown if one.get("media")]
    found = dict.fromkeys(text(one.get("description"), "description") for one in media)
    return "\n".join(words for words in found if words)


def _from_box(box: Box, *, in_group: bool, comment: bool) -> Said | Private | None:
    """Raises BadRow."""
    return _row(box.words, box.date, in_group=in_group, comment=comment)


def _row(words: str, at: datetime | None, *, in_group: bool, comment: bool) -> Said | Private | None:
    if not words:
        return None
    own = row_id("facebook", "comment" if comment else "post", at, words)
    if in_group:
        return Private(own, words, at)
    return Said(own, words, at, surface=Surface.COMMENT if comment else None)


FORMAT = Format("facebook", HELP, sniff, read, export=True)
