"""The entries of a feed in normal form, whatever its dialect. Pure: nothing that a feed points at is fetched.

RSS and Atom by feedparser 6; JSON Feed by https://www.jsonfeed.org/version/1.1/; drafts and comments as WordPress
(wp:status, wp:post_type) and Blogger (kinds, blogger:type, app:draft) mark them in what they export; read 2026-11-26.
"""

import io
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

import feedparser

from engage.memory.importers.rows import BadRow, date

_BLOGGER_KIND = "schemas.google.com/blogger/2008/kind#"
# What feedparser 6.0.14 raises at damaged bytes, though it is made to raise nothing.
_DAMAGED = (ValueError, LookupError, AssertionError, AttributeError, TypeError, RecursionError)


class Kind(Enum):
    """What an entry is."""

    PUBLISHED = auto()
    DRAFT = auto()  # and settings, menus, attachments
    COMMENT = auto()  # a reader's


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; texts are HTML or plain, as they came, "" where there is none."""

    kind: Kind
    id: str
    link: str
    title: str
    texts: tuple[str, ...]  # in full, and as a summary
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """home: the address of the site. broken: why reading ended early, "" where it did not."""

    home: str
    entries: tuple[Entry | None, ...]  # None: not an entry
    broken: str = ""


def of_xml(data: bytes) -> Feed:
    """RSS or Atom. What is not well-formed is read as well as can be, what breaks off up to its last whole entry."""
    try:
        found = feedparser.parse(io.BytesIO(data))  # a stream: text might be taken for an address
    except _DAMAGED as error:
        return Feed("", (), type(error).__name__)
    entries = tuple(_of_xml(dict(entry)) for entry in found.entries)
    broken = str(found.get("bozo_exception", "")) if found.bozo else ""
    if "no element found" in broken or "unclosed token" in broken:
        return Feed(_text(found.feed.get("link")), entries[:-1], "it breaks off")
    return Feed(_text(found.feed.get("link")), entries, "" if entries else broken)


def of_json(whole: Any) -> Feed:
    """JSON Feed."""
    fields = whole if isinstance(whole, dict) else {}
    items = fields.get("items")
    if not isinstance(items, list):
        return Feed("", (), "it has no items")
    return Feed(_text(fields.get("home_page_url")), tuple(_of_json(one) for one in items))


def _of_xml(entry: Mapping[str, Any]) -> Entry:
    contents = entry.get("content")
    texts = [_text(one.get("value")) for one in contents if _is_text(one)] if isinstance(contents, list) else []
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    return Entry(
        _kind(entry),
        _text(entry.get("id")),
        _text(entry.get("link")),
        _text(entry.get("title")),
        (*texts, _text(entry.get("summary"))),
        datetime.fromtimestamp(timegm(moment), UTC) if moment else None,
    )


def _of_json(item: Any) -> Entry | None:
    if not isinstance(item, dict):
        return None
    named = item.get("id")
    texts = tuple(_text(item.get(key)) for key in ("content_html", "content_text", "summary"))
    return Entry(
        Kind.PUBLISHED,
        str(named) if isinstance(named, (str, int)) and not isinstance(named, bool) else "",
        _text(item.get("url")),
        _text(item.get("title")),
        texts,
        _date(item.get("date_published")),
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    tags = entry.get("tags") or []
    kinds = {_text(tag.get("term")).partition(_BLOGGER_KIND)[2] for tag in tags} - {""}
    kinds |= {_text(entry.get("blogger_type")).lower()} - {""}
    if "comment" in kinds:
        return Kind.COMMENT
    is_post = entry.get("wp_post_type", "post") in ("post", "page") and not kinds - {"post", "page"}
    is_out = entry.get("wp_status", "publish") == "publish" and _text(entry.get("blogger_status")).upper() in (
        "",
        "LIVE",
    )
    closed = entry.get("wp_post_password") or _text(entry.get("app_draft")).lower() == "yes"
    return Kind.PUBLISHED if is_post and is_out and not closed else Kind.DRAFT


def _is_text(content: Mapping[str, Any]) -> bool:
    return _text(content.get("type")) in ("", "text/html", "text/plain", "application/xhtml+xml")


def _date(value: Any) -> datetime | None:
    try:
        return date(value) if isinstance(value, str) else None
    except BadRow:
        return None  # a feed's words count without their date


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
