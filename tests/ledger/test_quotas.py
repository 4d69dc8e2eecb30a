"""Quotas of a day or a month, on both databases: never over-spent, by however many workers."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engage.ledger import quotas as ledger
from engage.ledger.database import Database
from engage.ledger.quotas import Budget, budgets_of, give_back, take
from engage.ledger.tables import quotas
from engage.limits import Period, Quota
from engage.models import Surface
from tests.ledger.house import NOON, House

PACIFIC = "America/Los_Angeles"
YOUTUBE = Quota(10_000, 50, time_zone=PACIFIC)


def budget(quota: Quota, at: datetime = NOON, account: str = "a") -> Budget:
    return budgets_of([quota], account, Surface.COMMENT, at)[0]


def used(house: House) -> int:
    return int(house.row(quotas).used)


@pytest.mark.parametrize(
    ("now", "period", "resets_at"),
    [
        (datetime(2026, 11, 25, 7, 59, tzinfo=UTC), "2026-11-24", datetime(2026, 11, 25, 8, tzinfo=UTC)),
        (datetime(2026, 11, 25, 8, 0, tzinfo=UTC), "2026-11-25", datetime(2026, 11, 26, 8, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, 0, tzinfo=UTC), "2026-03-08", datetime(2026, 3, 9, 7, tzinfo=UTC)),  # 23 hours
        (datetime(2026, 11, 1, 12, 0, tzinfo=UTC), "2026-11-01", datetime(2026, 11, 2, 8, tzinfo=UTC)),  # 25 hours
    ],
)
def test_a_day_is_the_platforms(now: datetime, period: str, resets_at: datetime) -> None:
    found = budget(YOUTUBE, now)
    assert (found.period, found.resets_at) == (period, resets_at)


def test_a_month_is_the_platforms() -> None:
    found = budget(Quota(500, period=Period.MONTH, time_zone="Asia/Tokyo"), datetime(2026, 12, 31, 16, tzinfo=UTC))
    assert (found.period, found.resets_at) == ("2027-01", datetime(2027, 1, 31, 15, tzinfo=UTC))


@pytest.mark.parametrize(("units", "cost", "zone"), [(0, 1, "UTC"), (5, 6, "UTC"), (5, 0, "UTC"), (5, 1, "Mars/One")])
def test_a_quota_that_cannot_be_is_refused(units: int, cost: int, zone: str) -> None:
    with pytest.raises(ValueError, match=r"cost|time zone"):
        Quota(units, cost, time_zone=zone)


def test_what_is_left_is_dealt_out_in_order(house: House) -> None:
    wanted = [(budget(Quota(100, 40)),)] * 3
    said = house.do(take, wanted, NOON)
    assert said == [None, None, wanted[2][0]]
    assert used(house) == 80
    assert "100 units a day" in wanted[2][0].describe()


def test_a_call_takes_all_its_quotas_or_none(house: House) -> None:
    day, month = budget(Quota(2, shared_by="app")), budget(Quota(1, period=Period.MONTH))
    assert house.do(take, [(day, month), (day, month), (day,)], NOON) == [None, month, None]
    assert {row.period: row.used for row in house.rows(quotas)} == {day.period: 2, month.period: 1}


def test_a_new_day_begins_with_nothing_used(house: House) -> None:
    one = Quota(1, time_zone=PACIFIC)
    assert house.do(take, [(budget(one),)], NOON) == [None]
    assert house.do(take, [(budget(one),)], NOON) != [None]
    tomorrow = budget(one).resets_at
    assert house.do(take, [(budget(one, tomorrow),)], tomorrow) == [None]


def test_what_reached_nobody_is_given_back(house: House) -> None:
    paid = (budget(Quota(1)),)
    house.do(take, [paid], NOON)
    house.do(give_back, paid)
    assert house.do(take, [paid], NOON) == [None]
    assert used(house) == 1


def test_a_raised_quota_counts_at_once(house: House) -> None:
    house.do(take, [(budget(Quota(1)),)], NOON)
    assert house.do(take, [(budget(Quota(2)),)], NOON) == [None]
    assert (used(house), house.row(quotas).units) == (2, 2)


def test_what_the_platform_counted_all_the_same_is_not_given_back(house: House) -> None:
    paid = budget(Quota(100, cost=54))
    house.do(take, [[paid]], NOON)
    house.do(lambda tx: give_back(tx, [paid], but=1))
    assert used(house) == 1
    house.do(lambda tx: give_back(tx, [paid], but=99))
    assert used(house) == 1


def test_surfaces_of_different_cost_share_what_is_one_quota(house: House) -> None:
    live = Quota(100, 20, surfaces=frozenset({Surface.LIVE}))
    comment = Quota(100, 50, surfaces=frozenset({Surface.COMMENT}))
    found = [budgets_of([live, comment], "a", surface, NOON) for surface in (Surface.COMMENT, Surface.LIVE, Surface.DM)]
    assert [[one.cost for one in budgets] for budgets in found] == [[50], [20], []]
    house.do(take, found, NOON)
    assert used(house) == 70


def test_old_rows_do_not_stay_for_ever(house: House) -> None:
    house.do(take, [(budget(Quota(9)),)], NOON)
    later = NOON + ledger.KEPT + timedelta(days=2)
    house.do(take, [(budget(Quota(9), later),)], later)
    assert house.row(quotas).period == later.date().isoformat()


def test_workers_at_once_never_over_spend(house: House, open_db: Callable[[], Database]) -> None:
    wanted = [(budget(Quota(97, 2)),)] * 5
    databases = [open_db() for _ in range(4)]
    start, paid = threading.Barrier(4), []

    def work(db: Database) -> None:
        start.wait()
        for _ in range(10):
            with db.transaction() as tx:
                said = take(tx, wanted, NOON)
            paid.extend(1 for word in said if word is None)

    threads = [threading.Thread(target=work, args=(db,)) for db in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paid) == 48
    assert used(house) == 96
