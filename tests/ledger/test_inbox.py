"""Deliveries: kept once, and in order."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engage.ledger import inbox
from engage.ledger.database import Database
from engage.ledger.inbox import Incoming, UnknownDelivery
from engage.ledger.tables import deliveries, messages, turns
from engage.models import Mode
from tests.ledger.house import NOON, House


def test_a_storm_of_duplicates_is_kept_once(house: House, open_db: Callable[[], Database]) -> None:
    rng = random.Random(7)
    storm = [
        Incoming(house.account, f"event-{n}", "webhook", b"[]") for n in range(300) for _ in range(rng.randint(1, 5))
    ]
    rng.shuffle(storm)
    process = open_db()

    def store(part: list[Incoming]) -> None:
        for start in range(0, len(part), 20):
            with process.transaction() as tx:
                inbox.store(tx, part[start : start + 20], NOON)

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(store, storm[place::8]) for place in range(8)]:
            done.result()
    assert len(house.rows(deliveries)) == 300
    assert house.do(inbox.waiting) == 300


def test_the_same_key_on_two_accounts_is_two_deliveries(house: House) -> None:
    _, other = house.add_creator("noa", "other")
    house.do(inbox.store, [Incoming(a, "same", "webhook", b"[]") for a in (house.account, other)], NOON)
    assert len(house.rows(deliveries)) == 2


def test_nothing_to_keep_is_no_error(house: House) -> None:
    house.do(inbox.store, [], NOON)
    assert house.do(inbox.waiting) == 0


def test_a_page_is_processed_in_the_order_it_came(house: House) -> None:
    keys = ["z", "m", "a", "q"]
    house.do(inbox.store, [Incoming(house.account, key, "poll", b"[]") for key in keys], NOON)
    with house.tx() as tx:
        assert [row.dedupe_key for row in inbox.next_received(tx, 10, NOON)] == keys


def test_the_body_is_kept_byte_for_byte(house: House) -> None:
    body = bytes(range(256))
    house.do(inbox.store, [Incoming(house.account, "raw", "webhook", body)], NOON)
    assert bytes(house.row(deliveries).body) == body


def take_in_all(house: House) -> int:
    """How many deliveries this process took, until none was left; while another has the account it gets none."""
    taken = 0
    while house.do(inbox.waiting):
        taken += house.take_in(limit=5).deliveries
    return taken


def test_two_workers_never_process_the_same_delivery(house: House, open_db: Callable[[], Database]) -> None:
    for _ in range(30):
        house.keep(house.event())
    processes = [House.join(house, open_db()) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        rounds = list(threads.map(take_in_all, processes))
    assert sum(rounds) == 30
    assert house.do(inbox.waiting) == 0
    assert len(house.rows(messages)) == 30


# replay


def test_a_replay_does_nothing_twice(house: House) -> None:
    house.tell()
    before = house.rows(messages), house.rows(turns)
    house.do(inbox.replay, house.row(deliveries).id)
    assert house.do(inbox.waiting) == 1
    house.take_in()
    assert (house.rows(messages), house.rows(turns)) == before
    assert house.row(deliveries).state == "processed"


def test_a_malformed_delivery_is_processed_after_the_parser_was_mended(house: House) -> None:
    house.keep(body=b'{"not": "a list"}')
    house.take_in()
    assert house.row(deliveries).state == "malformed"
    mended = House.join(house, house.db)
    paper = house.parser_of("paper")
    mended.parser_of = lambda _: lambda _payload, me: paper([house.event()], me)
    house.do(inbox.replay, house.row(deliveries).id)
    mended.take_in()
    assert house.row(deliveries).state == "processed"
    assert len(house.rows(turns)) == 1


def test_replaying_what_still_waits_changes_nothing(house: House) -> None:
    house.keep(house.event())
    house.do(inbox.replay, house.row(deliveries).id)
    assert house.do(inbox.waiting) == 1


def test_replaying_an_unknown_delivery_is_refused(house: House) -> None:
    with pytest.raises(UnknownDelivery, match="nothing-like-it"):
        house.do(inbox.replay, "nothing-like-it")


def test_a_new_account_answers_nobody_until_the_creator_chose_a_mode(house: House) -> None:
    from engage.ledger import creators
    from engage.models import Surface

    account = house.do(creators.connect_account, house.creator.id, "paper", "second", "@second", {}, b"", house.now)
    for surface in Surface:
        assert house.do(creators.get_mode, account, surface).mode is Mode.SHADOW
