"""Hundreds of schedules of crashes, lost answers, duplicates and frozen workers, against a platform that remembers.

`ENGAGE_TEST_SCHEDULES` says how many for each way to settle.
The platform is a model in memory: what it shows is what followers see. However a schedule goes, nobody sees two replies
to one message, and every message has an end.
"""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event

from engage.errors import Ambiguous, RateLimited, Refused, Unavailable
from engage.ledger import outbox, turns
from engage.ledger.database import Database
from engage.ledger.sendings import NEVER, Sending
from engage.ledger.tables import decisions, messages, metadata, replies
from engage.ledger.tables import turns as turns_table
from engage.limits import Quota
from engage.models import Outgoing, Receipt, Surface
from engage.platform import Connector, Found, ReadBack, Settle
from engage.posting import Poster
from tests.ledger.house import POLICY, House, answer

LAG = timedelta(seconds=5)
ENDINGS = ("good", "lost_before", "lost_after", "unreachable", "rate_limited", "refused", "died_before", "died_after")
COUNT = 5  # messages
SCHEDULES = int(os.environ.get("ENGAGE_TEST_SCHEDULES", "120"))
GIVEN_UP = ("dead", "expired", "refused")


class Died(BaseException):
    """kill -9: nothing after this line happens."""


class Platform:
    """Shows what was posted to it; `ending` says how the next send ends."""

    name: ClassVar[str] = "paper"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    quotas: ClassVar[tuple[Quota, ...]] = ()

    def __init__(self, settle: Settle, now: Callable[[], datetime]) -> None:
        self.settle = settle
        self.readback_lag = LAG if settle is Settle.READBACK else timedelta(0)
        self.ending = "good"
        self.shown: list[tuple[Outgoing, datetime]] = []
        self._now = now

    async def send(self, reply: Outgoing) -> Receipt:
        ending, self.ending = self.ending, "good"
        if ending == "unreachable":
            raise Unavailable("no connection")
        if ending == "rate_limited":
            raise RateLimited("too many", retry_after=timedelta(seconds=7))
        if ending == "refused":
            raise Refused("the thread is closed")
        if ending == "died_before":
            raise Died
        if ending != "lost_before":
            self._show(reply)
        if ending == "died_after":
            raise Died
        if ending in ("lost_before", "lost_after"):
            raise Ambiguous("no answer")
        return Receipt(reply.id, self._now())

    def _show(self, reply: Outgoing) -> None:
        keys = {known.idempotency_key for known, _ in self.shown}
        if self.settle is not Settle.KEY or reply.idempotency_key not in keys:
            self.shown.append((reply, self._now()))

    async def find(self, reply: Outgoing) -> ReadBack:
        old_enough = self._now() - self.readback_lag
        seen = [one for one, at in self.shown if one.id == reply.id and at <= old_enough]
        return ReadBack(Found.FOUND, Receipt(reply.id, self._now())) if seen else ReadBack(Found.ABSENT)


class Story:
    """One schedule as it happens."""

    def __init__(self, house: House, settle: Settle) -> None:
        self.house = house
        self.platform = Platform(settle, lambda: house.now)
        self.frozen: list[Sending] = []
        self._workers = 0

    def poster(self) -> Poster:
        async def connector_of(_: str) -> Connector:
            return cast(Connector, self.platform)

        return Poster(self.house.db, connector_of, 6, lambda: self.house.now)

    def worker(self) -> str:
        """A process that never was before: whoever died does not come back."""
        self._workers += 1
        return f"w{self._workers}"

    def send(self, ending: str) -> None:
        for sending in self.house.claim_replies(limit=1, owner=self.worker()):
            self.platform.ending = ending
            self.attempt(self.poster().post(sending))
        self.platform.ending = "good"

    def settle(self) -> None:
        for sending in self.house.claim_uncertain(owner=self.worker()):
            self.attempt(self.poster().settle(sending))

    def attempt(self, work: Any) -> None:
        try:
            asyncio.run(work)
        except Died:
            return

    def freeze(self) -> None:
        """A worker stops right before it sends …"""
        self.frozen += self.house.claim_replies(limit=1, owner=self.worker())

    def thaw(self) -> None:
        """… and goes on as if nothing was."""
        for sending in self.frozen:
            self.attempt(self.poster().post(sending))
        self.frozen.clear()

    def answer(self, result: str) -> None:
        for claimed in self.house.claim(limit=2, owner=self.worker()):
            if result == "concluded":
                self.house.conclude(claimed, answer(f"About {claimed.id}."))

    def wait(self, seconds: int) -> None:
        self.house.later(seconds=seconds)
        self.house.do(turns.sweep, POLICY.max_age, self.house.now)
        self.house.do(outbox.sweep, self.house.now)
        self.house.do(outbox.expire, self.house.now)

    def hear(self, number: int, key: str) -> None:
        """A delivery, perhaps one that came before, perhaps under another key."""
        event = self.house.event(id=f"m{number}", who=f"fan{number}", where=f"thread-{number}")
        self.house.keep(event, key=f"{number}-{key}")
        assert self.house.take_in().failures == {}

    def finish(self) -> None:
        """The machines are well again; who was frozen all the while wakes when everything is done."""
        self.work_off()
        self.thaw()
        self.work_off()

    def work_off(self) -> None:
        for _ in range(60):
            self.wait(200)
            self.answer("concluded")
            self.send("good")
            self.settle()
            if not self.is_open():
                return

    def is_open(self) -> bool:
        moving = [row for row in self.house.rows(replies) if row.state in ("due", "sending", "uncertain")]
        return any(row.due_at != NEVER for row in moving) or any(
            row.state in ("collecting", "answering") for row in self.house.rows(turns_table)
        )


def step(name: str, *values: Any) -> Callable[[Story], None]:
    return lambda story: getattr(story, name)(*values)


STEPS = st.one_of(
    st.builds(lambda n, key: step("hear", n, key), st.integers(1, COUNT), st.sampled_from("ab")),
    st.builds(lambda result: step("answer", result), st.sampled_from(["concluded", "concluded", "died"])),
    st.builds(lambda ending: step("send", ending), st.sampled_from(ENDINGS)),
    st.builds(lambda ending: step("send", ending), st.sampled_from(ENDINGS)),
    st.sampled_from([step("settle"), step("freeze"), step("thaw")]),
    st.builds(lambda seconds: step("wait", seconds), st.sampled_from([1, 2, 6, 130])),
)


@pytest.fixture(scope="module")
def ledger(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("schedules") / "ledger.db"
    shutil.copy(sqlite_template, file)
    db = Database(f"sqlite:///{file}")
    # These rows live for milliseconds: what a power cut would do to them does not matter.
    event.listen(db.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    db.engine.dispose()
    yield db
    db.close()


@pytest.mark.parametrize("settle", list(Settle))
@settings(max_examples=SCHEDULES, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=6, max_size=30))
def test_nobody_sees_two_replies_and_every_message_ends(
    ledger: Database, settle: Settle, steps: list[Callable[[Story], None]]
) -> None:
    with ledger.transaction() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(delete(table))
    story = Story(House(ledger), settle)
    for one in [step("hear", 1, "a"), *steps]:
        one(story)
    story.finish()
    judge(story)


def judge(story: Story) -> None:
    house = story.house
    shown = Counter(reply.id for reply, _ in story.platform.shown)
    assert max(shown.values(), default=0) <= 1
    decided = {row.turn_id for row in house.rows(decisions)}
    assert {row.turn_id for row in house.rows(messages)} <= decided
    assert not [row for row in house.rows(turns_table) if row.state in ("collecting", "answering")]
    for row in house.rows(replies):
        assert row.state in ("sent", *GIVEN_UP) or (row.state, row.due_at) == ("uncertain", NEVER)
        assert row.state != "sent" or shown[row.id] == 1
        assert row.state not in GIVEN_UP or shown[row.id] == 0  # what is seen is never called given up
        if row.state == "uncertain":
            # Where nobody can know; or where a key's reply was refused after an answer to it had been lost.
            assert story.platform.settle is not Settle.READBACK
