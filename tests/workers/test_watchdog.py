"""Workers that live and do nothing are found; those that only start, or wait for a database, are left alone."""

from datetime import timedelta

import pytest

from engage.ledger import engines
from engage.ledger.database import Database
from workers import watchdog
from workers.runtime import utc_now
from workers.watchdog import DEAF, SILENT, Watchdog, stuck_pids

NOW = utc_now()
LONG_AGO = NOW - DEAF - timedelta(seconds=1)


def told(db: Database, pid: int, **times: object) -> set[int]:
    """What is said of a worker after its last report."""
    with db.transaction() as tx:
        engines.report(tx, f"host:{pid}:0a0a0a0a", ["post"], **{"now": NOW, **times})  # type: ignore[arg-type]
    with db.reading() as tx:
        return stuck_pids(tx, {pid}, NOW)


def test_a_worker_that_reports_and_hears_is_well(db: Database) -> None:
    assert told(db, 7, heard_at=NOW, published_at=NOW) == set()


def test_a_worker_that_never_reported_is_stuck(db: Database) -> None:
    with db.reading() as tx:
        assert stuck_pids(tx, {7}, NOW) == {7}


def test_a_worker_that_stopped_reporting_is_stuck(db: Database) -> None:
    assert told(db, 7, now=NOW - SILENT - timedelta(seconds=1), heard_at=NOW, published_at=NOW) == {7}


def test_a_worker_whose_wake_ups_go_out_and_never_come_in_is_stuck(db: Database) -> None:
    assert told(db, 7, heard_at=LONG_AGO, published_at=NOW) == {7}


@pytest.mark.parametrize("published_at", [None, LONG_AGO])
def test_without_redis_nobody_is_deaf(db: Database, published_at: object) -> None:
    assert told(db, 7, heard_at=LONG_AGO, published_at=published_at) == set()


def test_a_worker_that_has_just_been_started_is_left_alone(db: Database) -> None:
    assert Watchdog(db).stuck({"worker": 7, "chroma": 8}) == set()


def test_a_worker_that_never_speaks_is_found_after_a_while(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SILENT", timedelta(0))
    dog = Watchdog(db)
    dog.stuck({"worker": 7, "chroma": 8})
    assert dog.stuck({"worker": 7, "chroma": 8}) == {7}


def test_nobody_is_blamed_while_the_ledger_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SILENT", timedelta(0))
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    dog = Watchdog(gone)
    dog.stuck({"worker": 7})
    assert dog.stuck({"worker": 7}) == set()
    gone.close()
