"""What a platform allows: limits of calls in a span of time, and quotas of a day or month. Connectors declare them."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engage.models import Surface

# Endpoints of limits and quotas: what posts replies, what a look of a poll or the opening of a stream takes, and what
# a person does by hand (hiding a message, taking a reply back), what looks for a reply whose answer was lost.
REPLY = "reply"
POLL = "poll"
STREAM = "stream"
BY_HAND = "by hand"
READBACK = "read back"
EVERYWHERE = frozenset(Surface)


class Each(StrEnum):
    """What a limit counts by itself."""

    ACCOUNT = "account"
    CONVERSATION = "conversation"  # each conversation of the account


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` calls in any span of `per`, as a strict platform counts them. Several may hold for one call.

    burst: how many of them may go at once after a quiet time. A larger one answers sooner and uses less of the limit
    in a steady stream: what goes at once is kept free. shared_by: a name whose accounts share the limit, as those of
    one application do; '' each account has it for itself. Raises ValueError where the numbers cannot be.
    """

    count: int
    per: timedelta
    burst: int = 1
    each: Each = Each.ACCOUNT
    endpoint: str = REPLY
    surfaces: frozenset[Surface] = EVERYWHERE
    shared_by: str = ""

    def __post_init__(self) -> None:
        if not (self.per > timedelta(0) and 1 <= self.burst <= self.count):
            raise ValueError("a limit needs a span, and a burst from 1 to its count")


class Period(StrEnum):
    """What a quota is for. It begins anew at midnight in the platform's time zone."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Quota:
    """`units` a day or month of the platform's calendar, of which each call takes `cost`.

    It is kept in the ledger, so it is for what costs money or a day. shared_by: as for a limit. Raises ValueError.
    """

    units: int
    cost: int = 1
    period: Period = Period.DAY
    time_zone: str = "UTC"
    endpoint: str = REPLY
    surfaces: frozenset[Surface] = EVERYWHERE
    shared_by: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.cost <= self.units:
            raise ValueError("a quota needs a cost from 1 to its units")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{self.time_zone!r} is no time zone") from None
