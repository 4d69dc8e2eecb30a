"""What X lets an account write, and what it costs: prices in, limits and quotas out. Pure.

Money is counted in hundredths of a cent. https://docs.x.com/x-api/fundamentals/rate-limits,
https://docs.x.com/x-api/getting-started/pricing, https://docs.x.com/x-api/activity/event-pricing
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.x.parse import ALL
from engage.errors import ConfigError
from engage.limits import BY_HAND, EVERYWHERE, READBACK, REPLY, STREAM, Limit, Period, Quota
from engage.models import LengthUnit, Surface
from engage.platform import App

DOLLAR = 10_000  # units
POST, DM, LIVE = (frozenset({surface}) for surface in (Surface.COMMENT, Surface.DM, Surface.LIVE))
# Of a direct message 10,000 is said, but nowhere in X's pages: what is surely shown whole is enough for an answer.
LENGTH = {
    Surface.COMMENT: (280, LengthUnit.WEIGHTED),
    Surface.DM: (1_000, LengthUnit.CHARACTERS),
    Surface.LIVE: (140, LengthUnit.CHARACTERS),
}
WINDOW, DAY, MINUTE = timedelta(minutes=15), timedelta(days=1), timedelta(minutes=1)

SUMMONED = "summoned"
UNLIMITED = "none"
BUDGET = "25"
# The fields of an application, and what X's pages said when this was written (README.md, Sources).
PRICES = {
    "price_reply": "0.010",
    "price_post": "0.015",
    "price_link": "0.200",
    "price_dm": "0.015",
    "price_post_event": "0.005",
    "price_dm_event": "0.010",
    "price_by_hand": "0.010",
}
# Per cent of the month.
SHARES = {REPLY: 50, STREAM: 40, BY_HAND: 5, READBACK: 5}
POSTS_OF_A_LOOK = 300  # of the account's own, that one read-back reads at most
# What one spell of listening is paid for in advance. Few: a quiet account ties up so much, a killed process loses it.
SPELL_EVENTS = 10
_FIX = "Set it with `engage app set x`."


@dataclass(frozen=True, slots=True)
class Plan:
    """An application's money and rules. budget: units a month; None where nobody counts them."""

    budget: int | None
    prices: Mapping[str, int]
    rule: str
    links: bool
    client_id: str

    def quotas(self) -> tuple[Quota, ...]:
        """As the core takes them. All replies are paid from one pool, as all accounts of the application are."""
        if self.budget is None:
            return ()
        costs = ((POST, self.cost(Surface.COMMENT)), (DM, self.cost(Surface.DM)), (LIVE, self.cost(Surface.LIVE)))
        return (
            *(self._quota(REPLY, cost, surfaces) for surfaces, cost in costs),
            self._quota(STREAM, self.spell or 1, EVERYWHERE),
            self._quota(BY_HAND, max(1, self.prices["price_by_hand"]), EVERYWHERE),
            # Where one look is more than the part, it may take all of it: mostly the echo has settled a reply before.
            self._quota(
                READBACK,
                min(max(1, POSTS_OF_A_LOOK * self.prices["price_post_event"]), self.share(READBACK)),
                EVERYWHERE,
            ),
        )

    def cost(self, surface: Surface) -> int:
        """Units of one reply, with its own echo, which comes back as an event. X names no price of a line of chat."""
        prices = self.prices
        if surface is Surface.DM:
            return max(1, prices["price_dm"] + prices["price_dm_event"])
        written = "price_reply" if surface is Surface.COMMENT and self.rule == SUMMONED else "price_post"
        with_link = surface is Surface.COMMENT and self.links
        return max(1, prices["price_link" if with_link else written] + prices["price_post_event"])

    def share(self, endpoint: str) -> int:
        """Units a month of an endpoint."""
        return (self.budget or 0) * SHARES[endpoint] // 100

    @property
    def spell(self) -> int | None:
        """Units that a spell of listening takes when it begins: at most a tenth of the month. None: uncounted."""
        if self.budget is None:
            return None
        return max(1, self.dearest_event, min(SPELL_EVENTS * self.dearest_event, self.share(STREAM) // 10))

    @property
    def dearest_event(self) -> int:
        return max(self.prices["price_post_event"], self.prices["price_dm_event"])

    def price_of(self, event_type: str) -> int:
        """Units that X takes for telling an event."""
        if event_type in ("post.delete", "oauth.revoke"):
            return 0
        return self.prices["price_dm_event" if event_type.startswith("dm.") else "price_post_event"]

    def charges(self, event_type: str) -> tuple[Quota, ...]:
        """What an event that came by webhook has taken: of the same part that listening is paid from.

        Never an error: an event is not lost because the month is smaller than its price.
        """
        price = self.price_of(event_type)
        if self.budget is None or not price:
            return ()
        units = max(price, self.share(STREAM))
        return (Quota(units, price, Period.MONTH, endpoint=STREAM, shared_by=self._shared),)

    def limits(self) -> tuple[Limit, ...]:
        """Of one account. X documents none for the chat of a broadcast: that one is our own modesty.

        Of 15 in a window each that may go at once beyond the first costs a fifteenth of the steady stream.
        """
        app = f"x app {self.client_id}"
        return (
            Limit(100, WINDOW, burst=5, surfaces=POST),
            Limit(10_000, DAY, burst=100, surfaces=POST, shared_by=app),
            Limit(15, WINDOW, surfaces=DM),
            Limit(1_440, DAY, burst=50, surfaces=DM),
            Limit(1_440, DAY, burst=50, surfaces=DM, shared_by=app),
            Limit(30, MINUTE, surfaces=LIVE),
        )

    def _quota(self, endpoint: str, cost: int, surfaces: frozenset[Surface]) -> Quota:
        units = self.share(endpoint)
        if units < cost:
            told = f"too little for one {endpoint}, of which X takes {cost / DOLLAR:.4f} dollars or more"
            raise ConfigError(told, key="monthly_budget", place="application of x", fix=_FIX)
        return Quota(units, cost, Period.MONTH, endpoint=endpoint, surfaces=surfaces, shared_by=self._shared)

    @property
    def _shared(self) -> str:
        return f"x app {self.client_id}"


def month_ends(moment: datetime) -> datetime:
    """When the month that pays for what is taken now is over."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def plan_of(app: App) -> Plan:
    """The plan of an application. Raises ConfigError."""
    rule = str(app.config.get("reply_rule") or SUMMONED).strip().lower()
    if rule not in (SUMMONED, ALL):
        raise ConfigError(
            f"{rule!r} is no rule", key="reply_rule", place="application of x", fix="Use summoned or all."
        )
    said = str(app.config.get("monthly_budget") or BUDGET).strip().lower()
    return Plan(
        budget=None if said == UNLIMITED else _units("monthly_budget", said),
        prices={key: _units(key, app.config.get(key) or default) for key, default in PRICES.items()},
        rule=rule,
        links=yes(app.config.get("links")),
        client_id=str(app.config.get("client_id") or ""),
    )


def _units(key: str, value: Any) -> int:
    """Dollars in units. Half a unit counts as one: never too little."""
    try:
        dollars = Decimal(str(value).strip().removeprefix("$"))
        units = int((dollars * DOLLAR).to_integral_value("ROUND_CEILING"))
    except (ArithmeticError, ValueError):
        units = -1
    if units < 0:
        fix = f"Give dollars as 0.015{' or none' if key == 'monthly_budget' else ''}. {_FIX}"
        raise ConfigError(f"{value!r} is no sum of money", key=key, place="application of x", fix=fix)
    return units


def yes(value: Any) -> bool:
    """Whether a person's answer to a question is yes."""
    return value is True or str(value or "").strip().lower() in ("yes", "y", "true", "1", "on")
