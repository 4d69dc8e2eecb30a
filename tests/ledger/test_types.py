"""Times and ids."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from engage.ledger import creators, ids
from engage.ledger.ids import new_id
from tests.ledger.house import NOON, House


def test_a_time_comes_back_as_it_was(house: House) -> None:
    precise = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)
    house.do(creators.block_account, house.account, precise)
    back = house.do(creators.get_account, house.account).blocked_until
    assert back == precise
    assert back.utcoffset() == timedelta(0)


def test_a_time_of_another_zone_is_kept_in_utc(house: House) -> None:
    paris = timezone(timedelta(hours=1))
    house.do(creators.pause_creator, house.creator.id, NOON.astimezone(paris))
    ((_, paused_at),) = house.do(creators.list_creators)
    assert paused_at == NOON
    assert paused_at.tzinfo is UTC


def test_a_naive_time_is_refused(house: House) -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001
    with pytest.raises(StatementError, match="pass an aware one"):
        house.do(creators.block_account, house.account, naive)


def test_ids_of_one_process_grow_whatever_the_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    made = [before, *(new_id() for _ in range(2000))]
    assert made == sorted(set(made))


@given(st.integers(min_value=0, max_value=2**63))
def test_an_id_is_32_digits_that_begin_with_its_millisecond(moment: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_last", 0)
        patch.setattr(ids.time, "time_ns", lambda: moment)
        made = new_id()
    assert len(made) == 32
    assert int(made[:12], 16) == moment // 1_000_000


def test_threads_never_make_the_same_id() -> None:
    made: list[list[str]] = [[] for _ in range(8)]
    threads = [threading.Thread(target=lambda mine: mine.extend(new_id() for _ in range(500)), args=(m,)) for m in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for mine in made for one in mine}) == 8 * 500
