"""What an account's config says of its limits, as the core reads them. Pure."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from engage.errors import ConfigError
from engage.limits import EVERYWHERE, REPLY, Each, Limit, Period, Quota
from engage.models import Surface

T = TypeVar("T")


def limits(config: Mapping[str, Any], place: str) -> tuple[Limit, ...]:
    """`limits` of an account's config. Raises ConfigError."""
    return tuple(_read(row, _limit, "limits", place) for row in _rows(config, "limits", place))


def quotas(config: Mapping[str, Any], place: str) -> tuple[Quota, ...]:
    """`quotas` of an account's config. Raises ConfigError."""
    return tuple(_read(row, _quota, "quotas", place) for row in _rows(config, "quotas", place))


def _rows(config: Mapping[str, Any], key: str, place: str) -> list[Any]:
    rows = config.get(key) or []
    if not isinstance(rows, list):
        raise ConfigError("expected a list", key=key, place=place, fix=_FIX[key])
    return rows


def _read(row: Any, make: Callable[[Mapping[str, Any]], T], key: str, place: str) -> T:
    try:
        return make(row)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ConfigError(f"{row!r}: {error}", key=key, place=place, fix=_FIX[key]) from None


_FIX = {
    "limits": 'As in [{"count": 20, "per_s": 30}]; connectors/sandbox/README.md lists the rest.',
    "quotas": 'As in [{"units": 200, "time_zone": "Asia/Tokyo"}]; connectors/sandbox/README.md lists the rest.',
}


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(
        count=int(row["count"]),
        per=timedelta(seconds=float(row["per_s"])),
        burst=int(row.get("burst", 1)),
        each=Each(row.get("each", Each.ACCOUNT)),
        endpoint=str(row.get("endpoint", REPLY)),
        surfaces=_surfaces(row),
        shared_by=str(row.get("shared_by", "")),
    )


def _quota(row: Mapping[str, Any]) -> Quota:
    return Quota(
        units=int(row["units"]),
        cost=int(row.get("cost", 1)),
        period=Period(row.get("period", Period.DAY)),
        time_zone=str(row.get("time_zone", "UTC")),
        endpoint=str(row.get("endpoint", REPLY)),
        surfaces=_surfaces(row),
        shared_by=str(row.get("shared_by", "")),
    )


def _surfaces(row: Mapping[str, Any]) -> frozenset[Surface]:
    return frozenset(Surface(name) for name in row["surfaces"]) if "surfaces" in row else EVERYWHERE
