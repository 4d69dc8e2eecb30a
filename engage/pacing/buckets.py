"""How a limit becomes places in time (GCRA). Pure.

A strict platform counts what arrives in any span of `per`. A permit is a place in time; its request arrives up to
`margin` later. Two requests therefore never arrive closer together than their places are apart, less the margin: places
are dealt out as if the span were longer by it. With a burst of b, spans of that length hold at most b + (count - b).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engage.limits import EVERYWHERE, REPLY, Each, Limit
from engage.models import Surface

HORIZON = 1.0  # seconds ahead that places are dealt out: what may be on its way when Redis forgets
RETRY = 1.0  # seconds between two attempts to reach Redis: how long workers may disagree whether it is there
LEAD = HORIZON + RETRY  # an emptied bucket deals out nothing before everything dealt out earlier is over
_MARGIN = 0.03  # of the span
_LEAST, _MOST = timedelta(milliseconds=50), timedelta(seconds=2)


def margin(per: timedelta) -> timedelta:
    """How late a request may arrive. Half of it is for the worker, the other half for the way to the platform."""
    return min(max(per * _MARGIN, _LEAST), _MOST)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one limit counts together."""

    key: str
    limit: Limit

    @property
    def span(self) -> float:
        """Seconds in which at most `limit.count` places are dealt out."""
        return (self.limit.per + margin(self.limit.per)).total_seconds()

    @property
    def steady(self) -> int:
        """Places in a span without what is kept for a burst, but for one."""
        return self.limit.count - self.limit.burst + 1

    @property
    def interval(self) -> float:
        """Seconds between two places when it is used up."""
        return self.span / self.steady

    @property
    def grace(self) -> float:
        """Seconds after its place in which a request may still leave."""
        return margin(self.limit.per).total_seconds() / 2

    @property
    def at_once(self) -> int:
        """The most that a worker should claim: what half a horizon holds, for the other half is soon another's."""
        return self.limit.burst + int(HORIZON / 2 / self.interval)

    def describe(self) -> str:
        """In the words of an operator."""
        limit, seconds = self.limit, self.limit.per.total_seconds()
        whose = "the conversation" if limit.each is Each.CONVERSATION else "the account"
        return f"waits for its turn: {whose} may send {limit.count} in {seconds:g} s"


def buckets_of(limits: Sequence[Limit], account_id: str, surface: Surface, conversation_id: str) -> tuple[Bucket, ...]:
    """What a reply must be counted in."""
    counted = [limit for limit in limits if limit.endpoint == REPLY and surface in limit.surfaces]
    return tuple(Bucket(_key(limit, account_id, conversation_id), limit) for limit in counted)


def _key(limit: Limit, account_id: str, conversation_id: str) -> str:
    """Without the count: a limit that is changed goes on with what was used of it."""
    parts = [limit.shared_by or account_id, limit.endpoint, f"{limit.per.total_seconds():g}s"]
    if limit.surfaces != EVERYWHERE:
        parts.append("+".join(sorted(limit.surfaces)))
    if limit.each is Each.CONVERSATION:
        parts.append(conversation_id)
    return ":".join(parts)


def share(total: int, index: int, workers: int) -> int:
    """How many of `total` one of `workers` has; together they have all and no more."""
    return total // workers + (index < total % workers)
