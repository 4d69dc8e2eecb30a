"""Whatever comes in whatever order: nothing is forgotten, nothing is answered twice."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engage.ledger import outbox, turns
from engage.ledger.database import Database
from engage.ledger.sendings import NEVER
from engage.ledger.tables import decisions, messages, replies
from engage.ledger.tables import turns as turns_table
from engage.models import Card, Escalate, Mode, Outcome, Skip, Surface
from tests.ledger.house import OWN_ID, POLICY, House, answer

OPEN = ("collecting", "answering")
LANES = st.sampled_from(list(Surface))
IDS = st.sampled_from(["m1", "m2", "m3", "m4", "m5"])
OUTCOMES: list[Outcome] = [answer("A"), Skip(Card(reasons=("spam",))), Escalate(Card(reasons=("unsure",)))]


def says(kind: str) -> st.SearchStrategy[Callable[[House], object]]:
    """Something a platform may tell about one of a few messages."""

    def tell(message_id: str, who: str, surface: Surface, *, old: bool, bot: bool) -> Callable[[House], object]:
        about = {"id": f"{surface}-{message_id}", "who": who, "surface": surface, "where": f"{surface}-1", "bot": bot}
        age = timedelta(days=9 if old else 0)
        return lambda house: house.tell(kind, f"{kind} {message_id}", at=house.now - age, **about)

    rare = st.integers(0, 9).map(lambda number: number == 0)
    return st.builds(tell, IDS, st.sampled_from(["ann", "ben"]), LANES, old=rare, bot=rare)


def own(surface: Surface, kind: str) -> Callable[[House], object]:
    return lambda house: house.tell(kind, "A", who=OWN_ID, surface=surface, where=f"{surface}-1", reply_to="m1")


def work(surface: Surface, outcome: Outcome, result: str) -> Callable[[House], object]:
    """A worker claims; it concludes at once, later, or dies."""

    def do(house: House) -> None:
        for claimed in house.claim(surface, limit=1):
            if result == "concluded":
                house.conclude(claimed, outcome)
            elif result == "postponed":
                house.do(turns.retry_later, claimed, house.now, "busy", house.now)

    return do


def send(result: str) -> Callable[[House], object]:
    def do(house: House) -> None:
        for sending in house.claim_replies(limit=1):
            if result == "sent":
                house.post(sending, sending.outgoing.id)
            elif result == "lost":
                house.do(outbox.mark_uncertain, sending, NEVER, "the answer was lost")
            elif result == "failed":
                house.do(outbox.mark_due, sending, house.now, "not reached", unsent=True)

    return do


def wait(seconds: int) -> Callable[[House], object]:
    def do(house: House) -> None:
        house.later(seconds=seconds)
        house.do(turns.sweep, POLICY.max_age, house.now)
        house.do(outbox.sweep, house.now)
        house.do(outbox.expire, house.now)

    return do


STEP: st.SearchStrategy[Any] = st.one_of(
    says("message"),
    says("message"),
    says("edited"),
    says("deleted"),
    st.builds(own, LANES, st.sampled_from(["echo", "message", "takeover"])),
    st.builds(work, LANES, st.sampled_from(OUTCOMES), st.sampled_from(["concluded", "postponed", "died"])),
    st.builds(work, LANES, st.sampled_from(OUTCOMES), st.just("concluded")),
    st.builds(send, st.sampled_from(["sent", "lost", "failed", "died"])),
    st.builds(wait, st.sampled_from([1, 2, 60, 200])),
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(mode=st.sampled_from([Mode.AUTO, Mode.REVIEW, Mode.SHADOW]), steps=st.lists(STEP, min_size=4, max_size=25))
def test_every_message_ends_with_a_reason_or_a_decision(
    sqlite_template: Path, mode: Mode, steps: list[Callable[[House], object]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.db"
        shutil.copy(sqlite_template, file)
        house = House(Database(f"sqlite:///{file}"))
        try:
            for surface in Surface:
                house.set_mode(mode, surface=surface)
            for step in steps:
                step(house)
                check(house)
            finish(house)
            assert not [turn for turn in house.rows(turns_table) if turn.state in OPEN]
            check(house)
        finally:
            house.db.close()


def check(house: House) -> None:
    known = {turn.id: turn.state for turn in house.rows(turns_table)}
    for message in house.rows(messages):
        if message.author != "creator":
            assert (message.turn_id is None) is bool(message.kept_because)
    decided = {decision.turn_id for decision in house.rows(decisions)}
    assert decided == {turn_id for turn_id, state in known.items() if state not in OPEN}
    assert max(Counter(reply.turn_id for reply in house.rows(replies)).values(), default=0) <= 1
    for reply in house.rows(replies):
        assert (reply.state == "sent") is (reply.receipt_id is not None)
        assert known[reply.turn_id] not in OPEN


def finish(house: House) -> None:
    """Workers that do not fail any more, until nothing is left to do."""
    for _ in range(40):
        wait(200)(house)
        taken = [claimed for surface in Surface for claimed in house.claim(surface)]
        for claimed in taken:
            house.conclude(claimed, OUTCOMES[0])
        if not taken and not any(turn.state in OPEN for turn in house.rows(turns_table)):
            return
