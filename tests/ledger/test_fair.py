"""A flood on one account delays nobody else, and one creator does not hold every place."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from engage.ledger import fair, inbox, sendings, turns
from engage.ledger.fair import Rota
from engage.ledger.tables import deliveries
from engage.models import Surface
from tests.ledger.house import LEASE, House

FLOOD = 40


def flooded(house: House, quiet: int = 3) -> list[str]:
    """One creator with FLOOD messages, and after them some with one each. Their accounts, the flooded one first."""
    accounts = [house.account]
    for number in range(FLOOD):
        house.keep(house.event(id=f"m{number}", who=f"f{number}", where=f"t{number}"))
    for number in range(quiet):
        _, account = house.add_creator(f"quiet{number}", f"q{number}")
        accounts.append(account)
        house.keep(house.event(id="m1", who="ann", where="t1"), account=account)
    return accounts


def take_all_in(house: House) -> None:
    while house.take_in().deliveries:
        continue


def test_a_flood_of_deliveries_does_not_hold_back_other_accounts(house: House) -> None:
    accounts = flooded(house)
    with house.tx() as tx:
        first = inbox.next_received(tx, 8, house.now)
    assert {row.account_id for row in first} == set(accounts)


def test_a_flood_of_turns_does_not_hold_back_other_creators(house: House) -> None:
    accounts = flooded(house)
    take_all_in(house)
    house.later(seconds=3)
    assert {one.account_id for one in house.claim(limit=4)} == set(accounts)


def test_a_flood_of_replies_does_not_hold_back_other_creators(house: House) -> None:
    accounts = flooded(house)
    take_all_in(house)
    house.later(seconds=3)
    for claimed in house.claim(limit=200):
        house.conclude(claimed)
    assert {one.account_id for one in house.claim_replies(limit=4)} == set(accounts)


def test_the_next_round_begins_where_the_last_one_ended(house: House) -> None:
    flooded(house, quiet=5)
    take_all_in(house)
    house.later(seconds=3)
    rota, order = Rota(), []
    for _ in range(6):
        order += house.do(turns.claim, Surface.COMMENT, 1, "w1", LEASE, house.now, rota)
    assert len({one.account_id for one in order}) == 6


def test_a_creator_who_holds_their_share_waits_while_others_go_on(house: House) -> None:
    flooded(house)
    take_all_in(house)
    house.later(seconds=3)
    rota = Rota(held={house.creator.id: 9}, share=10)
    taken = house.do(turns.claim, Surface.COMMENT, 20, "w1", LEASE, house.now, rota)
    assert sum(one.creator_id == house.creator.id for one in taken) == 1
    assert len(taken) == 4


def test_a_creator_who_holds_their_share_takes_no_place_in_the_line(house: House) -> None:
    flooded(house, quiet=3)
    take_all_in(house)
    house.later(seconds=3)
    rota = Rota(held={house.creator.id: 10}, share=10)
    places = [house.do(turns.claim, Surface.COMMENT, 1, "w1", LEASE, house.now, rota) for _ in range(3)]
    assert [len(one) for one in places] == [1, 1, 1]


def test_a_claim_walks_no_further_into_a_flood_than_it_may_take(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    flooded(house, quiet=1)
    take_all_in(house)
    house.later(seconds=3)
    walked: list[int] = []
    rows = fair.Line.rows

    def noted(line: fair.Line, tx: Connection, of: Sequence[str], each: int, values: fair.Parameters) -> list[Any]:
        found = rows(line, tx, of, each, values)
        walked.append(len(found))
        return found

    monkeypatch.setattr(fair.Line, "rows", noted)
    house.do(turns.claim, Surface.COMMENT, 30, "w1", LEASE, house.now, Rota(share=2))
    assert walked == [3]


def test_a_flood_of_deliveries_is_taken_in_slowly_beside_others_and_fast_alone(house: House) -> None:
    accounts = flooded(house, quiet=3)
    rota = Rota()
    first = house.do(inbox.next_received, 40, house.now, rota)
    assert Counter(row.account_id for row in first) == {accounts[0]: 10, **dict.fromkeys(accounts[1:], 1)}
    house.do(inbox.settle_deliveries, {row.id: "" for row in first}, "processed", house.now)
    assert len(house.do(inbox.next_received, 40, house.now, rota)) == 10  # the others were here a moment ago
    assert len(house.do(inbox.next_received, 40, house.later(seconds=11), rota)) == FLOOD - 10


def test_a_paused_creator_s_flood_is_walked_around(house: House) -> None:
    from engage.ledger import creators

    accounts = flooded(house)
    take_all_in(house)
    house.later(seconds=3)
    house.do(creators.pause_creator, house.creator.id, house.now)
    assert {one.account_id for one in house.claim(limit=2)} | {one.account_id for one in house.claim(limit=2)} == set(
        accounts[1:]
    )
    assert house.do(sendings.claim_due, 5, "w1", LEASE, house.now) == []
    assert not house.rows(deliveries, state="received")
