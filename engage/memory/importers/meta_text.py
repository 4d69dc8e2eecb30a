"""Texts and dates as Meta's exports write them. Pure.

In the JSON form every byte of UTF-8 is written as a character of Latin-1, in the names of fields too.
"""

import re
from datetime import UTC, datetime

_MENTION = re.compile(r"@\[\d+:\d*:([^\]]+)\]")  # "@[100:2048:Ben]" in texts of Facebook
_TIME = r"(?:\D{1,6}(\d{1,2}):(\d\d)(?::(\d\d))?(?:\s*([ap])\.?\s?m\.?)?)?"
_MONTH_FIRST = re.compile(rf"([^\W\d]{{3,12}})\.?\s+(\d{{1,2}}),?\s+(\d{{4}}){_TIME}", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})\.?\s+(?:de\s+)?([^\W\d]{{3,12}})\.?,?\s+(?:de\s+)?(\d{{4}}){_TIME}", re.IGNORECASE
)
# How months begin in English, German, French, Spanish, Portuguese, Italian and Dutch.
_MONTHS = tuple(
    tuple(begins.split())
    for begins in (
        "jan ene gen",
        "feb fév fev",
        "mar mär mrt",
        "apr avr abr",
        "may mai mag mei",
        "jun juin giu",
        "jul juil lug",
        "aug aoû ago",
        "sep set",
        "oct okt out ott",
        "nov",
        "dec dez déc dic",
    )
)


def repaired(value: str) -> str:
    """The text whose bytes these characters are, or the value itself where they are none."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def without_marks(value: str) -> str:
    """A text with people mentioned by their names alone."""
    return _MENTION.sub(r"\1", value)


def shown_date(shown: str) -> datetime | None:
    """ "Jan 05, 2024 10:13 am" and alike, None for what is not understood. Pages give no zone: UTC is assumed."""
    shown = " ".join(shown.split())
    if found := _MONTH_FIRST.fullmatch(shown):
        month, day, year, *time = found.groups()
    elif found := _DAY_FIRST.fullmatch(shown):
        day, month, year, *time = found.groups()
    else:
        return None
    hour, minute, second, half = time
    try:
        return datetime(
            int(year),
            _month(month),
            int(day),
            _hour(int(hour or 0), half),
            int(minute or 0),
            int(second or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _month(name: str) -> int:
    """Raises ValueError."""
    for number, begins in enumerate(_MONTHS, start=1):
        if name.casefold().startswith(begins):
            return number
    raise ValueError(name)


def _hour(hour: int, half: str | None) -> int:
    """Raises ValueError."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half.casefold() == "p" else 0)
