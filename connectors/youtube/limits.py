"""How one Google project's units of a day are shared out, so that no part can starve the others. Pure.

Costs: https://developers.google.com/youtube/data/determine_quota_cost and, for live chat, the pages of its methods.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engage.errors import ConfigError
from engage.limits import BY_HAND, POLL, REPLY, STREAM, Quota
from engage.models import Surface
from engage.platform import App

DAILY_UNITS = 10_000  # what Google gives a project until it was audited
FEWEST_UNITS = 1000
TIME_ZONE = "America/Los_Angeles"

# What one call costs.
LIST = 1  # commentThreads, comments, videos, channels, liveBroadcasts
COMMENT_WRITE = 50  # comments insert, delete, setModerationStatus
CHAT_LIST = 5
CHAT_STREAM = 5  # to open it
CHAT_WRITE = 20  # liveChatMessages insert, delete

# What one thing that we do costs, with everything that belongs to it.
READBACK_PAGES = 3  # of a thread's replies that one read-back looks through
# Is the comment still there; the reply; a read-back where its answer is lost.
COMMENT_REPLY = LIST + COMMENT_WRITE + READBACK_PAGES * LIST
CHAT_REPLY = CHAT_WRITE + CHAT_LIST
LOOK = 10  # one poll at most
SPELL = 20  # what one spell of listening may use up

# Per cent of the day. The rest is for what nobody can plan: the doctor, further read-backs, reads that are repeated.
SHARES = {REPLY: 60, POLL: 14, STREAM: 16, BY_HAND: 6}

SHORTEST_PAUSE = timedelta(seconds=60)
SHORTEST_SEARCH = timedelta(seconds=120)
DAY = timedelta(days=1)
_FIX = "Set it with `engage app set youtube`."


@dataclass
class Purse:
    """The units that one look, or one spell of listening, still has."""

    left: int

    def has(self, units: int) -> bool:
        return self.left >= units

    def pay(self, units: int) -> None:
        self.left -= units


@dataclass(frozen=True, slots=True)
class Plan:
    """What a project has in a day, and how many channels live on it. holder: the name of the project's quota."""

    units: int = DAILY_UNITS
    channels: int = 1
    holder: str = "youtube"

    def share(self, endpoint: str) -> int:
        """Units a day of an endpoint."""
        return self.units * SHARES[endpoint] // 100

    def quotas(self) -> tuple[Quota, ...]:
        """As the core takes them. Both kinds of replies are paid from one pool: same holder, endpoint and zone."""
        comments, chat = frozenset({Surface.COMMENT}), frozenset({Surface.LIVE})
        return (
            self._quota(REPLY, COMMENT_REPLY, comments),
            self._quota(REPLY, CHAT_REPLY, chat),
            self._quota(POLL, LOOK, comments),
            self._quota(STREAM, SPELL, chat),
            self._quota(BY_HAND, COMMENT_WRITE, comments | chat),
        )

    def _quota(self, endpoint: str, cost: int, surfaces: frozenset[Surface]) -> Quota:
        return Quota(
            units=self.share(endpoint),
            cost=cost,
            time_zone=TIME_ZONE,
            endpoint=endpoint,
            surfaces=surfaces,
            shared_by=self.holder,
        )

    def lasting(self, endpoint: str, spent: int) -> timedelta:
        """For how long so many units of a share must last, so that it lasts for the day."""
        return spent * self.channels * DAY / self.share(endpoint)

    def pause_after(self, spent: int) -> timedelta:
        """The wait after a poll that took so many units."""
        return max(SHORTEST_PAUSE, self.lasting(POLL, spent))

    def search_every(self) -> timedelta:
        """How often a channel is asked whether it is live: with half of the share, the other half is for the chats."""
        return max(SHORTEST_SEARCH, self.channels * DAY / (self.share(STREAM) // 2))


def plan_of(app: App) -> Plan:
    """The plan of an application. Raises ConfigError."""
    units = _number(app.config, "daily_units", DAILY_UNITS, FEWEST_UNITS)
    return Plan(units, _number(app.config, "channels", 1, 1), _holder(str(app.config.get("client_id") or "")))


def _holder(client_id: str) -> str:
    """Units belong to the project, whose number begins the id of each of its clients: `123-abc.apps…`."""
    number, _, _ = client_id.partition("-")
    return f"youtube {number if number.isdecimal() else client_id}".strip()


def _number(config: Mapping[str, Any], key: str, default: int, least: int) -> int:
    value = config.get(key) or default
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{value!r} is no number", key=key, place="application of youtube", fix=_FIX) from None
    if number < least:
        raise ConfigError(f"{number} is less than {least}", key=key, place="application of youtube", fix=_FIX)
    return number


def until_reset(now: datetime) -> timedelta:
    """The time until Google's next day begins, at midnight in California."""
    zone = ZoneInfo(TIME_ZONE)
    following = now.astimezone(zone) + DAY
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
    return midnight.astimezone(UTC) - now
