"""The measurement with very many accounts, here with few: it must measure what it says."""

from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engage.ledger import gauges
from engage.ledger.database import Database
from engage.ledger.tables import accounts, cursors, replies, turns
from workers.bench import scale
from workers.bench.population import Population, fill
from workers.runtime import utc_now

FEW = Population(accounts=100, active=20, ended=50)


@pytest.fixture
def filled(db: Database) -> Database:
    with closing(Database(db.url.render_as_string(hide_password=False))) as other:
        fill(other, FEW, b"sealed", "http://127.0.0.1:9")
    return db


def count(db: Database, query: object) -> int:
    with db.reading() as tx:
        return int(tx.execute(query).scalar_one())  # type: ignore[call-overload]


def test_active_accounts_have_something_waiting_in_every_lane_and_idle_ones_nothing(filled: Database) -> None:
    assert count(filled, select(func.count()).select_from(accounts)) == 100
    assert count(filled, select(func.count()).select_from(cursors)) == 40
    with filled.reading() as tx:
        found = gauges.queues(tx, utc_now())
    assert all(found[lane].waiting >= 20 for lane in ("live", "dm", "comment", "post", "intake"))
    waiting = select(func.count(turns.c.account_id.distinct())).where(turns.c.state == "collecting")
    assert count(filled, waiting) == 20
    assert count(filled, select(func.count()).select_from(replies).where(replies.c.state == "sent")) == 50


def test_a_small_run_on_sqlite_sweeps_claims_and_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "CLAIMS", 3)
    monkeypatch.setattr(scale, "SWEEPS", 2)
    found = scale.measure(FEW, seconds=8)
    assert (found["accounts"], found["active"], found["listener_polled"]) == (100, 20, 10)
    assert found["listener_all_asked_s"] is None or found["listener_all_asked_s"] > 0  # not all, on a busy machine
    assert found["listener_behind_s"] < timedelta(seconds=8).total_seconds()
    assert all(found[name] > 0 for name in ("sweep_ms_p95", "claim_p50_ms", "claim_p95_ms", "listener_rss_mb"))
