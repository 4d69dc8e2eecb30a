"""Work that one process does for all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from engage.ledger import duties
from engage.ledger.database import Database
from tests.ledger.house import House

SPAN = timedelta(seconds=5)


def take(house: House, owner: str) -> bool:
    return house.do(duties.take, "sweeping", owner, SPAN, house.now)


def test_one_has_a_duty_until_its_time_is_over(house: House) -> None:
    assert take(house, "one")
    assert not take(house, "two")
    house.later(seconds=5)
    assert take(house, "two")
    assert not take(house, "one")


def test_who_has_it_may_go_on(house: House) -> None:
    assert take(house, "one")
    house.later(seconds=3)
    assert take(house, "one")
    house.later(seconds=3)
    assert not take(house, "two")


def test_of_many_that_come_at_once_one_has_it(house: House, open_db: Callable[[], Database]) -> None:
    processes = [House.join(house, open_db()) for _ in range(4)]
    for _ in range(3):
        house.later(seconds=10)
        for process in processes:
            process.now = house.now
        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(lambda one: take(one[1], f"owner-{one[0]}"), enumerate(processes)))
        assert taken.count(True) == 1
