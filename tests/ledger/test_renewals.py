"""Credentials that end: who renews them and when, and what a refusal means then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from engage.ledger import creators, renewals
from engage.ledger.database import Database
from engage.ledger.tables import accounts
from tests.ledger.house import House

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


@pytest.fixture
def house(db: Database) -> House:
    return House(db)


def connect(house: House, name: str, lasts: timedelta | None, credentials: bytes = b"first") -> str:
    ends = house.now + lasts if lasts else None
    creator = house.row(accounts, id=house.account).creator_id
    identity = (creator, "paper", name, f"@{name}", {}, credentials, house.now)
    return str(house.do(lambda tx: creators.connect_account(tx, *identity, expires_at=ends)))


def claim(house: House, limit: int = 10) -> list[Row[Any]]:
    return list(house.do(renewals.claim, limit, LEASE, house.now))


def state(house: House, account_id: str) -> tuple[str, str]:
    row = house.row(accounts, id=account_id)
    return row.state, row.reason


def store(house: House, account: Row[Any], ends: datetime | None) -> bool:
    return bool(house.do(renewals.store, account, b"second", ends, house.now))


def test_what_does_not_end_is_never_renewed(house: House) -> None:
    connect(house, "lasting", None)
    house.later(hours=10_000)
    assert claim(house) == []
    assert house.do(renewals.next_due) is None


def test_credentials_are_renewed_when_a_fifth_of_their_time_is_left(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(minutes=47)
    assert claim(house) == []
    assert house.do(renewals.next_due) == house.now + timedelta(minutes=1)
    house.later(minutes=1)
    assert [row.id for row in claim(house)] == [account]


def test_the_most_urgent_come_first(house: House) -> None:
    later, sooner = connect(house, "later", 2 * HOUR), connect(house, "sooner", HOUR)
    house.later(hours=2)
    assert [row.id for row in claim(house, 1)] == [sooner]
    assert [row.id for row in claim(house, 1)] == [later]


def test_an_account_is_renewed_by_one_at_a_time_and_by_another_when_that_one_is_gone(house: House) -> None:
    connect(house, "hourly", HOUR)
    house.later(hours=1)
    assert len(claim(house)) == 1
    assert claim(house) == []
    house.later(minutes=2)
    assert len(claim(house)) == 1


def test_new_credentials_are_kept_and_have_a_time_of_their_own(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(minutes=48)
    (claimed,) = claim(house)
    assert store(house, claimed, house.now + HOUR)
    row = house.row(accounts, id=account)
    assert (row.credentials, row.expires_at) == (b"second", house.now + HOUR)
    assert house.do(renewals.next_due) == house.now + timedelta(minutes=48)


def test_credentials_that_no_longer_end_are_left_alone(house: House) -> None:
    connect(house, "hourly", HOUR)
    house.later(hours=1)
    (claimed,) = claim(house)
    store(house, claimed, None)
    assert house.do(renewals.next_due) is None


def test_whoever_was_connected_anew_meanwhile_keeps_the_newer_credentials(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(hours=1)
    (claimed,) = claim(house)
    connect(house, "hourly", HOUR, b"by hand")
    assert not store(house, claimed, None)
    house.do(renewals.end, claimed, "over")
    house.do(renewals.put_off, claimed, house.now + 10 * HOUR)
    row = house.row(accounts, id=account)
    assert (row.credentials, row.state, row.renew_at) == (b"by hand", "active", house.now + timedelta(minutes=48))


def test_an_ended_grant_asks_for_the_creator_and_is_not_tried_again(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(hours=1)
    (claimed,) = claim(house)
    house.do(renewals.end, claimed, "the grant is over")
    assert state(house, account) == ("unauthorized", "the grant is over")
    house.later(hours=100)
    assert claim(house) == []
    connect(house, "hourly", HOUR, b"again")
    house.later(hours=1)
    assert [row.id for row in claim(house)] == [account]


def test_a_renewal_that_came_late_takes_the_refusal_of_another_back(house: House) -> None:
    """One was frozen with the new credentials in hand; the next one tried the used-up ones and was refused."""
    account = connect(house, "hourly", HOUR)
    house.later(hours=1)
    (frozen,) = claim(house)
    house.later(minutes=2)
    (second,) = claim(house)
    house.do(renewals.end, second, "used already")
    assert store(house, frozen, house.now + HOUR)
    assert state(house, account) == ("active", "")


def test_what_could_not_be_renewed_comes_again_later(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(hours=1)
    (claimed,) = claim(house)
    house.do(renewals.put_off, claimed, house.now + timedelta(seconds=30))
    assert claim(house) == []
    house.later(seconds=30)
    assert [row.id for row in claim(house)] == [account]


def test_an_account_that_was_refused_meanwhile_is_not_renewed_any_more(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(hours=1)
    (claimed,) = claim(house)
    house.do(renewals.note_refusal, account, "401", house.now)
    house.do(renewals.put_off, claimed, house.now)
    assert claim(house) == []


def test_a_paused_account_keeps_its_access(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.do(creators.pause_account, account, "by hand")
    house.later(minutes=48)
    (claimed,) = claim(house)
    store(house, claimed, house.now + HOUR)
    house.do(creators.resume_account, account)
    assert house.do(renewals.next_due) == house.now + timedelta(minutes=48)


def test_a_refusal_of_credentials_that_were_just_replaced_loses_nothing(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(minutes=48)
    (claimed,) = claim(house)
    store(house, claimed, house.now + HOUR)
    house.later(seconds=20)
    house.do(renewals.note_refusal, account, "401", house.now)
    assert state(house, account) == ("active", "")
    house.later(minutes=1)
    house.do(renewals.note_refusal, account, "401", house.now)
    assert state(house, account) == ("unauthorized", "401")


def test_a_call_that_took_long_began_with_the_credentials_of_before(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.later(minutes=48)
    begun_at = house.now - timedelta(minutes=2)
    (claimed,) = claim(house)
    store(house, claimed, house.now + HOUR)
    house.later(minutes=5)
    house.do(renewals.note_refusal, account, "401", house.now, begun_at)
    assert state(house, account) == ("active", "")
    house.do(renewals.note_refusal, account, "401", house.now, house.now - timedelta(minutes=2))
    assert state(house, account) == ("unauthorized", "401")


def test_a_refusal_of_the_first_credentials_is_believed_at_once(house: House) -> None:
    account = connect(house, "hourly", HOUR)
    house.do(renewals.note_refusal, account, "401", house.now)
    assert state(house, account) == ("unauthorized", "401")
