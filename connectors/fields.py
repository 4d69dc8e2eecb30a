"""Reading a decoded payload: every field that is needed is checked, and named where it is wrong. Pure."""

from datetime import UTC, datetime
from typing import Any

from engage.errors import Malformed

MISSING = object()


def get(payload: Any, *path: str) -> Any:
    """The value at `path`, or `MISSING`."""
    value = payload
    for key in path:
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value


def text(payload: Any, *path: str, empty: bool = False) -> str:
    """The string at `path`; `empty` allows "". Raises Malformed."""
    value = text_or_none(payload, *path)
    if value is None or not (value or empty):
        raise Malformed(f"{_named(path)}: it is missing")
    return value


def text_or_none(payload: Any, *path: str) -> str | None:
    """The string at `path`, None where there is none. Raises Malformed where it is something else."""
    value = get(payload, *path)
    if value is MISSING or value is None:
        return None
    if not isinstance(value, str):
        raise _wrong(path, "a string", value)
    return value


def id_of(payload: Any, *path: str) -> str:
    """An identifier, which some platforms write as a number. Raises Malformed."""
    value = id_or_none(payload, *path)
    if value is None:
        raise Malformed(f"{_named(path)}: it is missing")
    return value


def id_or_none(payload: Any, *path: str) -> str | None:
    """As `id_of`; None where there is none, or an empty one."""
    value = get(payload, *path)
    if value is MISSING or value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _wrong(path, "an identifier", value)
    return str(value)


def number(payload: Any, *path: str) -> float:
    """The number at `path`, also where it is written as a string. Raises Malformed."""
    value = get(payload, *path)
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise _wrong(path, "a number", value) from None


def yes(payload: Any, *path: str) -> bool:
    """Whether the value at `path` is true; what is missing is not."""
    return get(payload, *path) is True


def mapping(payload: Any, *path: str) -> dict[str, Any]:
    """The object at `path`. Raises Malformed."""
    value = get(payload, *path)
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    return value


def items(payload: Any, *path: str) -> list[Any]:
    """The list at `path`; none where it is missing. Raises Malformed where it is something else."""
    value = get(payload, *path)
    if value is MISSING or value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(path, "a list", value)
    return value


def time(payload: Any, *path: str) -> datetime:
    """An ISO 8601 time with its offset. Raises Malformed."""
    try:
        parsed = datetime.fromisoformat(text(payload, *path))
    except ValueError:
        raise Malformed(f"{_named(path)}: expected an ISO 8601 time") from None
    if parsed.tzinfo is None:
        raise Malformed(f"{_named(path)}: the time has no offset from UTC")
    return parsed


def epoch(payload: Any, *path: str, per_second: int = 1) -> datetime:
    """A time in seconds since 1970, or in parts of one: 1000 `per_second` are milliseconds. Raises Malformed."""
    try:
        return datetime.fromtimestamp(number(payload, *path) / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{_named(path)}: expected a time since 1970") from None


def _named(path: tuple[str, ...]) -> str:
    return ".".join(path) or "payload"


def _wrong(path: tuple[str, ...], expected: str, value: Any) -> Malformed:
    if value is MISSING or value is None:
        return Malformed(f"{_named(path)}: it is missing")
    return Malformed(f"{_named(path)}: expected {expected}, not {type(value).__name__}")
