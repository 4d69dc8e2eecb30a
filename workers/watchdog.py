"""Which workers live and do nothing, as their own reports in the ledger tell."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import engines
from engage.ledger.database import Database
from engage.ledger.engines import Report
from workers.runtime import utc_now

SILENT = timedelta(seconds=60)  # a worker reports every 5 s; this long without a report it has stopped to
DEAF = timedelta(
    seconds=90
)  # wake-ups go out every 5 s and any worker may get them: this long without one is no chance


class Watchdog:
    """Knows since when it has seen each process, so that one that is still starting is left alone."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._since: dict[int, float] = {}

    def stuck(self, running: Mapping[str, int]) -> set[int]:
        """Pids of workers to end. Nobody is blamed while the ledger cannot be read."""
        now = time.monotonic()
        workers = {pid for name, pid in running.items() if name.startswith("worker")}
        self._since = {pid: self._since.get(pid, now) for pid in workers}
        old = {pid for pid, since in self._since.items() if now - since > SILENT.total_seconds()}
        if not old:
            return set()
        try:
            with self._db.reading() as tx:
                return old & stuck_pids(tx, old, utc_now())
        except EngageError:
            self._since = {}  # reports could not be written either: everybody gets the whole time again
            return set()


def stuck_pids(tx: Connection, pids: set[int], now: datetime) -> set[int]:
    """Of these worker processes: those that have not reported, and those that Redis no longer reaches.

    Deaf is a worker whose own wake-ups go out while none comes in: its consumer is dead, though its engine lives.
    """
    reports = {report.pid: report for report in engines.reports(tx)}
    return {pid for pid in pids if pid not in reports or is_stuck(reports[pid], now)}


def is_stuck(report: Report, now: datetime) -> bool:
    """Silent, or deaf."""
    speaks = report.published_at is not None and now - report.published_at < SILENT
    return now - report.seen_at > SILENT or (speaks and now - report.heard_at > DEAF)
