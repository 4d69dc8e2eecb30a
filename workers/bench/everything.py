"""`engage bench all`: every measurement, one after the other, each result kept as soon as it is there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engage.errors import EngageError
from workers.bench import results
from workers.bench.results import Result
from workers.postgres import running as postgres

MEDIAN_OF = 3
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each. times: runs of what takes a minute; long_times: of what takes many."""

    seconds: float = 20
    duplicates: int = 10_000
    replies: int = 12_500  # a minute at full speed
    rate_seconds: float = 30
    fairness_seconds: float = 60  # the p95 of half as many differs by a fifth between equal runs
    creators: int = 1000
    flood: float = 1000
    passages: int = 100_000
    pacing_seconds: float = 60
    accounts: int = 1_000_000
    times: int = MEDIAN_OF
    long_times: int = 1
    references: bool = True


QUICK = Size(2, 200, 300, 3, 3, 30, 100, 1000, 5, 2000, times=1)


@dataclass(frozen=True, slots=True)
class Measurement:
    bench: str
    variant: str
    times: int
    run: Callable[[], dict[str, Any]]


def measurements(size: Size) -> list[Measurement]:
    """In the order in which they are made."""
    return [
        Measurement("intake", "PostgreSQL", size.times, lambda: _intake(size, own=True)),
        Measurement("intake", "SQLite", size.times, lambda: _intake(size, own=False)),
        Measurement("storm", "SQLite", size.long_times, lambda: _storm(size)),
        Measurement("pipeline", "PostgreSQL", size.times, lambda: _pipeline(size)),
        Measurement("fairness", "PostgreSQL", size.times, lambda: _fairness(size)),
        Measurement("pacing", "SQLite", size.long_times, lambda: _pacing(size)),
        Measurement("recall", "", size.long_times, lambda: _recall(size)),
        Measurement("scale", "PostgreSQL", size.long_times, lambda: _scale(size)),
    ]


def run(size: Size, folder: Path, only: set[str], say: Say) -> list[str]:
    """Into `folder`. Returns what failed, with its reason; the others go on."""
    failed = []
    results.append(folder, Result("machine", "", results.now(), _load(), results.machine()))
    for one in measurements(size):
        if only and one.bench not in only:
            continue
        for number in range(one.times):
            say(f"{one.bench} {one.variant}, {number + 1} of {one.times}")
            load = _load()
            try:
                figures = one.run()
            except EngageError as error:
                failed.append(f"{one.bench} {one.variant}: {error}")
                break
            results.append(folder, Result(one.bench, one.variant, results.now(), load, figures))
    return failed


def _load() -> float:
    return round(os.getloadavg()[0], 2)


def _intake(size: Size, *, own: bool) -> dict[str, Any]:
    from workers.bench.intake import measure

    with _database(own=own) as url:
        return measure(size.seconds, url)


def _storm(size: Size) -> dict[str, Any]:
    from workers.bench.intake import storm

    return storm(size.duplicates)


def _pipeline(size: Size) -> dict[str, Any]:
    from workers.bench.pipeline import OWN_SERVER, Plan, measure
    from workers.bench.references import beside

    plan = Plan(replies=size.replies, rate_seconds=size.rate_seconds, database=OWN_SERVER)
    found = measure(plan)
    return {**found, "reference": beside(found["replies_per_s"], plan.model_ms) if size.references else {}}


def _fairness(size: Size) -> dict[str, Any]:
    from workers.bench.fairness import Scene, measure

    return measure(Scene(size.creators, flood=size.flood, seconds=size.fairness_seconds))


def _pacing(size: Size) -> dict[str, Any]:
    from workers.bench.pacing import Plan, measure

    return measure(Plan(seconds=size.pacing_seconds))


def _recall(size: Size) -> dict[str, Any]:
    from workers.bench.recall import measure

    return measure(size.passages)


def _scale(size: Size) -> dict[str, Any]:
    from workers.bench.population import Population
    from workers.bench.scale import measure

    active = size.accounts // 100
    with _database(own=True) as url:
        return measure(Population(size.accounts, active, size.accounts), url, size.rate_seconds)


@contextmanager
def _database(*, own: bool) -> Iterator[str]:
    if not own:
        yield ""
        return
    with postgres() as server:
        yield server.url
