"""Quotas that cost money or a day: what a platform's calendar day or month allows, counted before a call is made.

A unit counts as used from the moment a call is permitted, and comes back only where the call surely reached nobody.
What is lost with a dead worker stays used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update

from engage.errors import RateLimited
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import quotas
from engage.limits import REPLY, Period, Quota
from engage.models import Surface

_KEY = (quotas.c.holder, quotas.c.endpoint, quotas.c.time_zone, quotas.c.period)
KEPT = timedelta(days=62)  # how long what was used stays to be looked at
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Budget:
    """One quota in one day or month. `holder`: the account, or the name that several share it by."""

    holder: str
    endpoint: str
    time_zone: str
    period: str  # 2026-11-25 or 2026-11, by the platform's calendar
    units: int
    cost: int
    resets_at: datetime

    @property
    def key(self) -> Key:
        return self.holder, self.endpoint, self.time_zone, self.period

    def describe(self) -> str:
        """Why a reply waits, in the words of an operator."""
        local = self.resets_at.astimezone(ZoneInfo(self.time_zone))
        span = "month" if len(self.period) == len("2026-11") else "day"
        return f"quota used up: {self.units} units a {span} for {self.endpoint}; begins anew {local:%Y-%m-%d %H:%M %Z}"


def budgets_of(declared: Sequence[Quota], account_id: str, surface: Surface, now: datetime) -> tuple[Budget, ...]:
    """What a reply must be paid from now."""
    return tuple(_budget(one, account_id, now) for one in declared if one.endpoint == REPLY and surface in one.surfaces)


def budgets_of_look(declared: Sequence[Quota], account_id: str, source: str, now: datetime) -> tuple[Budget, ...]:
    """What a look of a source (poll, or the opening of a stream) must be paid from now."""
    return tuple(_budget(one, account_id, now) for one in declared if one.endpoint == source)


def budgets_of_charges(charges: Sequence[Quota], now: datetime) -> tuple[Budget, ...]:
    """What a delivery has taken. Its quotas belong to no single account."""
    return tuple(_budget(one, "", now) for one in charges)


def _budget(quota: Quota, account_id: str, now: datetime) -> Budget:
    zone = ZoneInfo(quota.time_zone)
    today = now.astimezone(zone)
    if quota.period is Period.MONTH:
        following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        following = today + timedelta(days=1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
    period = today.strftime("%Y-%m" if quota.period is Period.MONTH else "%Y-%m-%d")
    holder = quota.shared_by or account_id
    named = (holder, quota.endpoint, quota.time_zone, period)
    return Budget(*named, quota.units, quota.cost, midnight.astimezone(UTC))


def take(tx: Connection, wants: Sequence[Sequence[Budget]], now: datetime) -> list[Budget | None]:
    """Pay for each of `wants`, all its budgets or none. None where it is paid, else the budget that is used up."""
    budgets = {budget.key: budget for needed in wants for budget in needed}
    if not budgets:
        return [None] * len(wants)
    left = {key: budgets[key].units - used for key, used in _locked(tx, budgets, now).items()}
    before = dict(left)
    said: list[Budget | None] = []
    for needed in wants:
        empty = next((budget for budget in needed if left[budget.key] < budget.cost), None)
        said.append(empty)
        for budget in () if empty else needed:
            left[budget.key] -= budget.cost
    for key, units in left.items():
        if units != before[key]:
            tx.execute(update(quotas).where(_is(key)).values(used=budgets[key].units - units, units=budgets[key].units))
    return said


def pay(tx: Connection, budgets: Sequence[Budget], now: datetime) -> None:
    """Pay for one call. Raises RateLimited where a budget is used up, until it begins anew."""
    [empty] = take(tx, [budgets], now)
    if empty is not None:
        raise RateLimited(empty.describe(), retry_after=empty.resets_at - now)


def charge(tx: Connection, budgets: Sequence[Budget], now: datetime) -> list[Budget]:
    """Note what a platform has taken already, also where that overdraws: nothing is refused.

    Returns those that this used up.
    """
    known = {budget.key: budget for budget in budgets}
    emptied: list[Budget] = []
    for key, used in _locked(tx, known, now).items() if known else ():
        spent = used + sum(budget.cost for budget in budgets if budget.key == key)
        tx.execute(update(quotas).where(_is(key)).values(used=spent, units=known[key].units))
        last = known[key].units - known[key].cost  # with more than this used, nothing else can be paid
        if used <= last < spent:
            emptied.append(known[key])
    return emptied


def used_up(tx: Connection, budgets: Sequence[Budget]) -> Budget | None:
    """The first of `budgets` that pays for no other call. Nothing is taken, and nobody waits."""
    for budget in budgets:
        used = tx.execute(select(quotas.c.used).where(_is(budget.key))).scalar_one_or_none() or 0
        if budget.units - used < budget.cost:
            return budget
    return None


def give_back(tx: Connection, paid: Sequence[Budget], units: int | None = None, *, but: int = 0) -> None:
    """A call that was paid for surely did nothing, or took `units` less than its cost; `but`: what it took instead."""
    for budget in sorted(paid, key=lambda budget: budget.key):
        back = max(0, budget.cost - but) if units is None else min(units, budget.cost)
        tx.execute(update(quotas).where(_is(budget.key)).values(used=quotas.c.used - back))


def _locked(tx: Connection, budgets: dict[Key, Budget], now: datetime) -> dict[Key, int]:
    """Units used of each, no other worker's to change before this transaction ends. In order: no circle of waiting."""
    found = _used(tx, budgets)
    for key in sorted(budgets.keys() - found.keys()):
        names = {column.name: value for column, value in zip(_KEY, key, strict=True)}
        tx.execute(insert_ignoring(tx, quotas).values(**names, used=0, units=budgets[key].units, began_at=now))
        tx.execute(delete(quotas).where(quotas.c.holder == key[0], quotas.c.began_at < now - KEPT))
    return found if found.keys() == budgets.keys() else _used(tx, budgets)


def _used(tx: Connection, budgets: dict[Key, Budget]) -> dict[Key, int]:
    rows = select(*_KEY, quotas.c.used).where(tuple_(*_KEY).in_(list(budgets))).order_by(*_KEY)
    return {(row[0], row[1], row[2], row[3]): row.used for row in tx.execute(rows.with_for_update())}


def _is(key: Key) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(_KEY, key, strict=True)))
