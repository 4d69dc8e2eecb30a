"""What the exports of Instagram, Facebook and Threads have in common: lists of records, their words and times. Pure."""

import hashlib
from datetime import datetime
from typing import Any

from engage.memory.importers.meta_text import repaired, without_marks
from engage.memory.importers.rows import BadRow, clean, date


def record_of(value: Any) -> dict[str, Any]:
    """Raises BadRow where it is no record."""
    if not isinstance(value, dict):
        raise BadRow("not an entry with names and values: download the export again")
    return value


def records_in(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of records in a record, empty where there is none. Raises BadRow."""
    value = fields.get(name)
    if not isinstance(value, list | None):
        raise BadRow(f"{name} must be a list: download the export again")
    return [record_of(one) for one in value or []]


def text(value: Any, name: str) -> str:
    """Words as they were written, "" for what is not there. Raises BadRow."""
    if not isinstance(value, str | None):
        raise BadRow(f"{name} must be a text")
    return "" if value is None else clean(without_marks(repaired(value)))


def moment(*values: Any) -> datetime | None:
    """The first that is given, in seconds or milliseconds; 0 stands for none. Raises BadRow."""
    return date(next((value for value in values if value not in (None, 0)), None))


def caption(post: dict[str, Any]) -> tuple[str, datetime | None]:
    """A post's words and time: its own, else those of its pictures. Raises BadRow."""
    media = records_in(post, "media")
    titles = dict.fromkeys(text(one.get("title"), "title") for one in media)
    words = text(post.get("title"), "title") or "\n".join(title for title in titles if title)
    return words, moment(*(one.get("creation_timestamp") for one in (post, *media)))


def row_id(platform: str, conversation: str, said_at: datetime | None, words: str) -> str:
    """The exports give no ids: the same in every export of one form."""
    told = "\x1f".join((conversation, said_at.isoformat() if said_at else "", words))
    return f"{platform}:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:20]}"
