"""The page that Prometheus reads, over rows as they are."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from engage.errors import Unavailable
from engage.ledger import creators, engines, gauges, sendings, sources, tallies
from engage.ledger.database import Database
from engage.ledger.tables import cursors, replies
from engage.models import Mode, Surface
from engage.settings import load
from tests.ledger.house import House
from tests.serving import receiver
from workers import metrics
from workers.metrics import Page
from workers.runtime import utc_now
from workers.tally import DECISION, REPLIES, TURNS, Tally


@pytest.fixture
def house(db: Database) -> House:
    return House(db, now=utc_now())


def figures(db: Database) -> dict[tuple[str, ...], float]:
    """(metric, label values) → value."""
    return parsed(asyncio.run(Page(db).text()).decode())


def parsed(text: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_each_queue_says_how_much_waits_and_how_long_the_oldest_has(house: House) -> None:
    house.now -= timedelta(minutes=5)
    house.tell(surface=Surface.DM)
    house.keep(house.event(id="not-processed"))
    found = figures(house.db)
    assert found["engage_queue_waiting", "intake"] == 1
    assert found["engage_queue_oldest_seconds", "intake"] == pytest.approx(300, abs=60)
    assert found["engage_queue_waiting", "dm"] == 1
    assert found["engage_queue_oldest_seconds", "dm"] == pytest.approx(298, abs=60)
    assert (found["engage_queue_waiting", "comment"], found["engage_queue_oldest_seconds", "comment"]) == (0, 0)


def test_a_reply_is_counted_where_it_stands(house: House) -> None:
    house.now -= timedelta(minutes=5)
    house.answered()
    assert figures(house.db)["engage_queue_waiting", "post"] == 1
    house.do(sendings.claim_due, 5, "w", timedelta(minutes=1), utc_now())
    found = figures(house.db)
    assert (found["engage_queue_waiting", "post"], found["engage_replies_unsettled", "sending"]) == (0, 1)
    with house.tx() as tx:
        tx.execute(update(replies).values(state="uncertain", due_at=sendings.NEVER))
    found = figures(house.db)
    assert (found["engage_queue_waiting", "settle"], found["engage_replies_unsettled", "parked"]) == (0, 1)


def test_what_waits_for_the_creator_is_held(house: House) -> None:
    house.set_mode(Mode.REVIEW)
    house.answered()
    assert figures(house.db)["engage_replies_unsettled", "held"] == 1


def test_a_poll_that_no_listener_takes_is_behind(house: House) -> None:
    house.do(creators.configure_account, house.account, {"ingest": "poll"})
    house.do(sources.write_down, lambda _: ["poll"], lambda _: ["poll"], 10, utc_now())
    assert figures(house.db)["engage_sources_behind", "poll"] == 0
    with house.tx() as tx:
        tx.execute(update(cursors).values(next_at=utc_now() - timedelta(minutes=2)))
    found = figures(house.db)
    assert found["engage_sources_behind", "poll"] == 1
    assert found["engage_sources_behind_seconds", "poll"] == pytest.approx(90, abs=60)


def test_a_worker_that_went_silent_is_stuck(house: House) -> None:
    house.do(engines.report, "host:7:0a0a0a0a", ["post"], utc_now())
    house.do(engines.report, "host:8:0b0b0b0b", ["post"], utc_now() - timedelta(minutes=2))
    found = figures(house.db)
    assert (found["engage_workers", "alive"], found["engage_workers", "stuck"]) == (1, 1)


def test_what_workers_counted_is_added_up(house: House) -> None:
    for _ in range(2):  # two workers, or one that tells twice
        tally = Tally()
        tally.count(TURNS, "answer")
        tally.count(REPLIES, "sent")
        tally.observe(DECISION, timedelta(seconds=0.8))
        tally.observe(DECISION, timedelta(seconds=70))
        house.do(tallies.add, tally.take())
        assert tally.take() == {}
    found = figures(house.db)
    assert found["engage_turns_total", "answer"] == 2
    assert found["engage_reply_attempts_total", "sent"] == 2
    assert [found["engage_decision_seconds_bucket", bound] for bound in ("0.5", "1", "60", "+Inf")] == [0, 2, 2, 4]
    assert found["engage_decision_seconds_count",] == 4
    assert found["engage_decision_seconds_sum",] == pytest.approx(141.6)


def test_counts_that_could_not_be_told_are_told_later() -> None:
    tally = Tally()
    tally.count(REPLIES, "sent")
    taken = tally.take()
    tally.count(REPLIES, "sent")
    tally.give_back(taken)
    assert tally.take() == {(REPLIES, "sent"): 2}


def test_counting_stops_at_a_bound(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST", 3)
    for number in range(5):
        house.keep(house.event(id=f"m{number}"))
    assert figures(house.db)["engage_queue_waiting", "intake"] == 3


def test_scrapes_that_follow_closely_look_into_the_ledger_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    look = metrics.look
    monkeypatch.setattr(metrics, "look", lambda tx: looks.append(tx) or look(tx))

    async def scrape() -> None:
        page = Page(house.db)
        await asyncio.gather(*(page.text() for _ in range(10)))

    asyncio.run(scrape())
    assert len(looks) == 1


def test_without_the_ledger_the_page_still_answers_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable("the ledger is away")

    assert figures(house.db)["engage_ledger_up",] == 1
    monkeypatch.setattr(house.db, "read", away)
    assert figures(house.db)["engage_ledger_up",] == 0


@pytest.fixture
def client(db_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    settings = load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def test_the_receiver_serves_it(client: httpx.Client, house: House) -> None:
    house.keep(house.event())
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert parsed(answer.text)["engage_queue_waiting", "intake"] == 1
    assert house.account not in answer.text
