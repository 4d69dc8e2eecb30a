"""Prometheus metrics of the receiver. Labels hold platforms, lanes and outcomes, never people or texts.

Workers have no port: what they count they add up in the ledger, and the page reads it there.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from engage.errors import Unavailable
from engage.ledger import engines, gauges, tallies
from engage.ledger.database import Database
from engage.ledger.gauges import Queue
from engage.ledger.tallies import Key
from workers.runtime import utc_now
from workers.tally import BOUNDS, DECISION, REPLIES, SUM, TURNS
from workers.watchdog import is_stuck

CONTENT_TYPE = CONTENT_TYPE_LATEST
DELIVERIES = Counter("engage_deliveries_total", "Webhook deliveries committed", ["platform"])
STRAYS = Counter("engage_stray_events_total", "Events for accounts that nobody connected here", ["platform"])
FRESH = timedelta(seconds=5)  # scrapes inside this time get the same figures: they cannot load the database

# (labels() locks and looks up; a platform's child is asked for once.)
deliveries_of = lru_cache(DELIVERIES.labels)
strays_of = lru_cache(STRAYS.labels)


@dataclass(frozen=True, eq=False)
class Snapshot(Collector):
    """The ledger's figures at one moment."""

    queues: Mapping[str, Queue]
    unsettled: Mapping[str, int]
    behind: Mapping[str, Queue]
    alive: int
    stuck: int
    tallies: Mapping[Key, float]

    def collect(self) -> Iterator[Metric]:
        waiting = {name: queue.waiting for name, queue in self.queues.items()}
        ages = {name: queue.oldest.total_seconds() for name, queue in self.queues.items()}
        late = {name: queue.waiting for name, queue in self.behind.items()}
        overdue = {name: queue.oldest.total_seconds() for name, queue in self.behind.items()}
        yield _gauge("engage_queue_waiting", "Rows due, counted to 10000", "queue", waiting)
        yield _gauge("engage_queue_oldest_seconds", "For how long the oldest is due", "queue", ages)
        yield _gauge("engage_replies_unsettled", "Replies with a person, or out", "state", self.unsettled)
        yield _gauge("engage_sources_behind", "Polls and streams nobody took within 30 s", "source", late)
        yield _gauge("engage_sources_behind_seconds", "How far the latest is behind these 30 s", "source", overdue)
        yield _gauge("engage_workers", "Worker processes", "state", {"alive": self.alive, "stuck": self.stuck})
        yield self._counter("engage_turns", "Turns decided", "outcome", TURNS)
        yield self._counter("engage_reply_attempts", "Sends and read-backs, by what followed", "state", REPLIES)
        yield self._histogram("engage_decision_seconds", "From a claimed turn to its decision", DECISION)

    def _counter(self, name: str, meaning: str, label: str, tally: str) -> Metric:
        family = CounterMetricFamily(name, meaning, labels=[label])
        for (of, value), total in sorted(self.tallies.items()):
            if of == tally:
                family.add_metric([value], total)
        return family

    def _histogram(self, name: str, meaning: str, tally: str) -> Metric:
        so_far, buckets = 0.0, []
        for bound in (*(f"{bound:g}" for bound in BOUNDS), "+Inf"):
            so_far += self.tallies.get((tally, bound), 0.0)
            buckets.append((bound, so_far))
        return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=self.tallies.get((tally, SUM), 0.0))


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, amount in values.items():
        family.add_metric([value], amount)
    return family


def look(tx: Connection) -> Snapshot:
    """Read them: some twenty probes of indexes."""
    now = utc_now()
    stuck = [is_stuck(report, now) for report in engines.reports(tx)]
    return Snapshot(
        queues=gauges.queues(tx, now),
        unsettled=gauges.unsettled(tx),
        behind=gauges.behind(tx, now),
        alive=stuck.count(False),
        stuck=stuck.count(True),
        tallies=tallies.read(tx),
    )


class Page:
    """What Prometheus is told: this process's own counters, and the ledger's figures where it can be read."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._looking = asyncio.Lock()
        self._text = b""
        self._fresh_until = utc_now()

    async def text(self) -> bytes:
        async with self._looking:
            if utc_now() >= self._fresh_until:
                self._text = _render(await self._collectors())
                self._fresh_until = utc_now() + FRESH
        return generate_latest() + self._text

    async def _collectors(self) -> list[Collector]:
        try:
            return [await self._db.read(look), _Reachable(1)]
        except Unavailable:
            return [_Reachable(0)]


@dataclass(frozen=True, eq=False)
class _Reachable(Collector):
    up: int

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("engage_ledger_up", "Whether the ledger could be read", value=self.up)


def _render(collectors: Iterable[Collector]) -> bytes:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
