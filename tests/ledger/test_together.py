"""Everything at once, as several processes do it: no deadlock, nothing lost, nothing twice."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

from engage.ledger import inbox, outbox, turns
from engage.ledger.database import Database
from engage.ledger.tables import messages, replies
from engage.ledger.tables import turns as turns_table
from engage.models import Surface
from tests.ledger.house import LEASE, OWN_ID, House

THREADS = 6
MESSAGES = 90


def fill(house: House) -> None:
    """Messages, edits, deletions and a few words of the creator, one delivery each."""
    rng = random.Random(11)
    for number in range(MESSAGES):
        thread, who = f"thread-{rng.randint(1, 6)}", f"fan{rng.randint(1, 9)}"
        house.keep(house.event(id=f"f{number}", who=who, where=thread))
        if number % 5 == 0:
            kind = rng.choice(["edited", "deleted"])
            house.keep(house.event(kind, "changed", id=f"f{number}", who=who, where=thread))
        if number % 30 == 0:
            house.keep(house.event("takeover", "Hello", who=OWN_ID, where=thread))


def process(house: House, start: Barrier, failed: Event, name: str, posted: Counter[str]) -> None:
    """One worker process that does all kinds of work until there is none."""
    start.wait()
    try:
        while not (failed.is_set() or done(house)):
            work(house, name, posted)
    except BaseException:
        failed.set()
        raise


def work(house: House, name: str, posted: Counter[str]) -> None:
    house.take_in(limit=7)
    for claimed in house.claim(limit=5, owner=name):
        while house.conclude(claimed) == "busy":  # another worker writes into it: it is free again in a moment
            continue
    for sending in house.claim_replies(limit=5, owner=name):
        posted[sending.outgoing.id] += 1
        assert house.post(sending, sending.outgoing.id)
    house.do(turns.extend_leases, name, LEASE, house.now)
    house.do(turns.sweep, {Surface.COMMENT: timedelta(days=2)}, house.now)
    house.do(outbox.sweep, house.now)
    house.do(outbox.expire, house.now)


def done(house: House) -> bool:
    waiting = house.do(inbox.waiting)
    open_turns = house.rows(turns_table, state="collecting") or house.rows(turns_table, state="answering")
    return not (waiting or open_turns or house.rows(replies, state="due") or house.rows(replies, state="sending"))


def deadlocks(house: House, request: Any) -> int:
    if house.db.is_sqlite:
        return 0
    row = request.getfixturevalue("postgres").admin.execute("SELECT deadlocks FROM pg_stat_database").fetchall()
    return sum(count for (count,) in row)


def test_six_workers_at_once(house: House, open_db: Callable[[], Database], request: Any) -> None:
    house.policy = replace(house.policy, debounce=timedelta(0))
    fill(house)
    before = deadlocks(house, request)
    posted: list[Counter[str]] = [Counter() for _ in range(THREADS)]
    start, failed = Barrier(THREADS), Event()
    processes = [House.join(house, open_db()) for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        running = [
            threads.submit(process, one, start, failed, f"w{number}", posted[number])
            for number, one in enumerate(processes)
        ]
        for one in running:
            one.result()
    assert deadlocks(house, request) == before
    assert {(m.turn_id is None) is bool(m.kept_because) for m in house.rows(messages) if m.follower_id} == {True}
    assert len([m for m in house.rows(messages) if m.follower_id]) == MESSAGES
    sent = {reply.id for reply in house.rows(replies, state="sent")}
    assert sum(posted, Counter()) == Counter(sent)
