"""Polls and streams in line: taken by one listener at a time, many together, and only of accounts that ask for them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, update

from engage.ledger import creators, inbox, sources
from engage.ledger.database import Database
from engage.ledger.inbox import Incoming
from engage.ledger.sources import Heard
from engage.ledger.tables import accounts, cursors
from tests.ledger.house import House

LEASE = timedelta(seconds=30)


def offer_of(platform: str) -> Sequence[str]:
    return ["poll", "stream"]


def wanted(account: Row[Any]) -> Sequence[str]:
    return [source for source in offer_of(account.platform) if source in str(account.config.get("ingest", ""))]


def write_down(house: House, offer: Callable[[str], Sequence[str]] = offer_of) -> int:
    return house.do(sources.write_down, offer, wanted, 100, house.now)


@pytest.fixture
def polled(house: House) -> House:
    """The house's account asks for polls, and a listener has seen it."""
    house.do(creators.configure_account, house.account, {"ingest": "poll"})
    write_down(house)
    return house


def claim(house: House, owner: str, limit: int = 10) -> list[str]:
    """Cursors of what the owner got."""
    held = house.do(sources.claim, "poll", limit, owner, LEASE, house.now)
    return [one.cursor for one in held]


def keep(house: House, owner: str, cursor: str, *keys: str, wait: float | None = None) -> bool:
    batch = [Incoming(house.account, key, "poll", b"[]") for key in keys]
    next_at = None if wait is None else house.now + timedelta(seconds=wait)
    heard = Heard((house.account, "poll"), cursor, batch, next_at)
    return house.do(sources.keep, owner, [heard], house.now)[0]


def test_a_first_poll_has_an_empty_cursor(polled: House) -> None:
    assert claim(polled, "one") == [""]


def test_two_listeners_never_hold_the_same_source(polled: House) -> None:
    assert claim(polled, "one") == [""]
    assert claim(polled, "two") == []


def test_many_listeners_share_the_line_and_nobody_gets_what_another_has(
    house: House, open_db: Callable[[], Database]
) -> None:
    ids = {house.add_creator(f"creator{n}", f"user{n}")[1] for n in range(40)}
    for account in ids:
        house.do(creators.configure_account, account, {"ingest": "poll"})
    write_down(house)
    processes = [House.join(house, open_db()) for _ in range(4)]

    def take(number: int) -> list[str]:
        other = processes[number]
        return [one.account_id for one in other.do(sources.claim, "poll", 10, f"o{number}", LEASE, house.now)]

    taken: list[str] = []
    while len(taken) < len(ids):  # skipped rows of another's transaction are left for the next look
        with ThreadPoolExecutor(4) as threads:
            more = [account for part in threads.map(take, range(4)) for account in part]
        taken += more
    assert sorted(taken) == sorted(ids)


def test_the_longest_waiting_goes_first(house: House) -> None:
    late = house.add_creator("late", "late")[1]
    for account in (house.account, late):
        house.do(creators.configure_account, account, {"ingest": "poll"})
    write_down(house)
    with house.tx() as tx:
        tx.execute(update(cursors).where(cursors.c.account_id == late).values(next_at=house.now - LEASE))
    assert [one.account_id for one in house.do(sources.claim, "poll", 1, "one", LEASE, house.now)] == [late]


def test_a_listener_that_died_loses_its_source_when_the_lease_is_over(polled: House) -> None:
    claim(polled, "one")
    keep(polled, "one", "page-1")
    polled.later(seconds=31)
    assert claim(polled, "two") == ["page-1"]


def test_a_page_of_a_lost_lease_keeps_nothing(polled: House) -> None:
    claim(polled, "one")
    polled.later(seconds=31)
    claim(polled, "two")
    assert not keep(polled, "one", "page-9", "event-1")
    assert polled.do(inbox.waiting) == 0
    assert polled.row(cursors).cursor == ""


def test_a_page_is_kept_with_its_cursor(polled: House) -> None:
    claim(polled, "one")
    assert keep(polled, "one", "page-1", "event-1", "event-2")
    assert polled.do(inbox.waiting) == 2
    assert polled.row(cursors).cursor == "page-1"


def test_a_stream_that_says_something_stays_held(polled: House) -> None:
    claim(polled, "one")
    polled.later(seconds=10)
    assert keep(polled, "one", "page-1")
    assert claim(polled, "two") == []


def test_the_platform_says_when_the_next_poll_is_due(polled: House) -> None:
    claim(polled, "one")
    keep(polled, "one", "page-1", wait=60)
    assert claim(polled, "one") == []
    polled.later(seconds=60)
    assert claim(polled, "one") == ["page-1"]


def test_a_failed_poll_says_why_and_waits(polled: House) -> None:
    claim(polled, "one")
    later = polled.now + timedelta(seconds=5)
    failed = Heard((polled.account, "poll"), next_at=later, error="the platform is down")
    assert polled.do(sources.keep, "one", [failed], polled.now) == [True]
    assert polled.row(cursors).error == "the platform is down"
    assert claim(polled, "two") == []
    polled.later(seconds=5)
    assert claim(polled, "two") == [""]
    keep(polled, "two", "page-1")
    assert polled.row(cursors).error == ""


def test_a_listener_cannot_free_or_renew_what_another_holds(polled: House) -> None:
    claim(polled, "one")
    assert not keep(polled, "two", "page-9", wait=0)
    assert polled.do(sources.renew, "two", LEASE, polled.now) == set()
    polled.do(sources.leave, "two", polled.now)
    assert claim(polled, "two") == []
    assert polled.row(cursors).cursor == ""


def test_a_renewed_lease_is_not_lost(polled: House) -> None:
    claim(polled, "one")
    polled.later(seconds=20)
    assert polled.do(sources.renew, "one", LEASE, polled.now) == {(polled.account, "poll")}
    polled.later(seconds=20)
    assert claim(polled, "two") == []


def test_what_a_listener_gives_back_is_free_at_once(polled: House) -> None:
    claim(polled, "one")
    polled.do(sources.leave, "one", polled.now)
    assert claim(polled, "two") == [""]


# which sources an account has


def test_an_account_without_polls_and_streams_has_no_row(house: House) -> None:
    assert write_down(house) == 1
    assert house.rows(cursors) == []


def test_accounts_are_looked_at_once_until_they_change(house: House) -> None:
    assert write_down(house) == 1
    assert write_down(house) == 0
    house.do(creators.configure_account, house.account, {"ingest": "poll stream"})
    assert write_down(house) == 1
    assert {row.source for row in house.rows(cursors)} == {"poll", "stream"}


def test_connecting_an_account_again_keeps_its_cursor(polled: House) -> None:
    claim(polled, "one")
    keep(polled, "one", "page-1", wait=0)
    identity = (polled.creator.id, "paper", "me", "@tilly")
    polled.do(creators.connect_account, *identity, {"ingest": "poll"}, b"new", polled.now)
    assert write_down(polled) == 1
    assert claim(polled, "one") == ["page-1"]


def test_a_source_that_nobody_asks_for_any_more_goes(polled: House) -> None:
    polled.do(creators.configure_account, polled.account, {"ingest": "webhook"})
    write_down(polled)
    assert polled.rows(cursors) == []


@pytest.mark.parametrize("stop", [creators.pause_account, creators.lose_access])
def test_an_account_that_may_not_listen_is_not_claimed_even_before_anybody_looked(
    polled: House, stop: Callable[..., None]
) -> None:
    polled.do(stop, polled.account, "why")
    assert claim(polled, "one") == []


def test_a_paused_account_gives_up_its_place_in_line_and_goes_on_where_it_was(polled: House) -> None:
    claim(polled, "one")
    keep(polled, "one", "page-1")
    polled.do(creators.pause_account, polled.account, "holidays")
    write_down(polled)
    row = polled.row(cursors)
    assert (row.next_at, row.lease_owner, row.cursor) == (None, None, "page-1")
    polled.do(creators.resume_account, polled.account)
    write_down(polled)
    assert claim(polled, "two") == ["page-1"]


def test_a_connector_that_learns_to_stream_is_noticed(house: House) -> None:
    house.do(creators.configure_account, house.account, {"ingest": "stream"})
    house.do(sources.write_down, lambda _: [], lambda _: [], 100, house.now)
    assert house.row(accounts).offer == ""
    assert house.do(sources.look_again, lambda _: []) == 0
    assert house.do(sources.look_again, offer_of) == 1
    write_down(house)
    assert [row.source for row in house.rows(cursors)] == ["stream"]
