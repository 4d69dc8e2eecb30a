"""What an import file holds, whatever its format: typed rows, and lines that could not be used."""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from engage.models import Surface

LONGEST_ID = 190  # the ledger's column, less the prefix that keeps kinds apart
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Said:
    """Something the creator posted or said."""

    id: str
    text: str
    said_at: datetime | None = None
    title: str | None = None
    url: str | None = None
    surface: Surface | None = None  # where, for what is written to followers; None for posts, talks and pages


@dataclass(frozen=True, slots=True)
class Pair:
    """A past answer: what was asked and what the creator replied."""

    id: str
    question: str
    reply: str
    said_at: datetime | None = None
    surface: Surface | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What the creator wrote by hand in the avatar's place. id: the turn's; question: what the follower had asked."""

    id: str
    question: str
    reply: str
    said_at: datetime
    surface: Surface


@dataclass(frozen=True, slots=True)
class Private:
    """What the creator wrote to one person or a closed group: it teaches how they write, and is never said again."""

    id: str
    text: str
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Faq:
    """A question with the creator's standing answer."""

    id: str
    question: str
    answer: str
    said_at: datetime | None = field(default=None, repr=False)  # when it was approved here; no part of the digest


@dataclass(frozen=True, slots=True)
class Product:
    """Something the creator sells."""

    id: str
    name: str
    text: str
    price: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Character:
    """A character of another program: what is told of the creator, not what they said."""

    id: str
    name: str
    bio: tuple[str, ...] = ()
    style_rules: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


Row = Said | Pair | Correction | Private | Faq | Product | Character
OTHERS = "words of other people"
OTHERS_PRIVATE = "private messages of other people"
CONFIDENTIAL = "texts with a key, a password, a card or an account number"
NO_WORDS = "pictures, sound and films"
OTHER_PARTS = "other parts of an export"
DELETED = "posts that the creator deleted"


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was left out on purpose. reason: said of several, as OTHERS is."""

    path: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line (1 is the first, 0 the whole file) that was not imported, and what to do about it."""

    path: str
    line: int
    reason: str


class BadRow(ValueError):
    """A row that cannot be used; the message says why and names the fix."""


def read_row(fields: Mapping[str, Any]) -> Row:
    """The typed row in a mapping of the documented fields; unknown ones are ignored. Raises BadRow."""
    if _has(fields, "question"):
        return _read_answer(fields)
    if _has(fields, "name") and _has(fields, "text"):
        price = fields.get("price")
        return Product(_id(fields), text(fields, "name"), text(fields, "text"), _plain(price), _link(fields, "url"))
    if "text" in fields:
        source = _link(fields, "source") or _link(fields, "url")
        return Said(_id(fields), text(fields, "text"), date(fields.get("date")), _optional(fields, "title"), source)
    if "question" in fields:
        raise BadRow("question is empty")
    raise BadRow("no known shape: give text, or question with reply or answer, or name with text")


def text(fields: Mapping[str, Any], key: str) -> str:
    """A required text, cleaned. Raises BadRow."""
    value = fields.get(key)
    if not isinstance(value, str):
        raise BadRow(f"{key} must be a text")
    if not (cleaned := clean(value)):
        raise BadRow(f"{key} is empty")
    return cleaned


def clean(value: str) -> str:
    """Normal form of a text: NFC, no HTML entities, no control characters, no blank edges. Raises BadRow."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow("a character is half of a surrogate pair: export the file again as UTF-8") from None
    unescaped = html.unescape(value).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", unicodedata.normalize("NFC", unescaped)).strip()


def date(value: Any) -> datetime | None:
    """ISO 8601, RFC 2822, or seconds or milliseconds since 1970; UTC where no zone is given. Raises BadRow."""
    if value is None or value == "":
        return None
    try:
        moment = _parse_date(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise BadRow(
            f"date {str(value)[:40]!r} is not understood: write it as 2026-01-31 or 2026-01-31T20:15:00Z"
        ) from None


def _parse_date(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return parsedate_to_datetime(value)


def _read_answer(fields: Mapping[str, Any]) -> Row:
    if _has(fields, "reply"):
        return Pair(_id(fields), text(fields, "question"), text(fields, "reply"), date(fields.get("date")))
    if _has(fields, "answer"):
        return Faq(_id(fields), text(fields, "question"), text(fields, "answer"))
    raise BadRow("a question needs a reply (past answer) or an answer (FAQ)")


def _id(fields: Mapping[str, Any]) -> str:
    value = fields.get("id")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadRow("id is missing: every row needs one of its own, so that repeating an import changes nothing")
    cleaned = clean(str(value))
    if not 0 < len(cleaned) <= LONGEST_ID:
        raise BadRow(f"id must have 1 to {LONGEST_ID} characters")
    return cleaned


def _has(fields: Mapping[str, Any], key: str) -> bool:
    return fields.get(key) not in (None, "")


def _optional(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    return (clean(value) or None) if isinstance(value, str) else None


def _plain(value: Any) -> str | None:
    """A price as written: numbers are welcome, other things are not a price."""
    return None if value is None or isinstance(value, (bool, list, dict)) else clean(str(value)) or None


def _link(fields: Mapping[str, Any], key: str) -> str | None:
    """A web address; `source` may also be a bare name, which is no link."""
    value = _optional(fields, key)
    return value if value and value.lower().startswith(("http://", "https://")) else None
