"""Very many accounts, few of them active: what a sweep, a claim and the listener cost."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from engage.ledger import gauges, inbox, schema, sendings, sources, turns
from engage.ledger.database import Database
from engage.ledger.fair import Rota
from engage.ledger.tables import accounts, cursors
from engage.models import Surface
from engage.secrets import Vault
from engage.settings import Settings, load
from workers import postgres
from workers.bench import cpu
from workers.bench.population import Population, fill
from workers.demo import network
from workers.process import PARENT, end
from workers.runtime import Runtime, utc_now
from workers.upkeep import Upkeep

OWN_SERVER = "pg"  # as a database: a PostgreSQL that lives for this run
SWEEPS = 20
CLAIMS = 100  # of each kind, by each of the claimers
WARM = 15  # claims before those: a connection plans its first ten anew, and then no more
CLAIMERS = 2  # workers that claim at the same time
ROWS = 16  # a claim takes at most so many: at 500 a second each 30 ms
LEASE = timedelta(seconds=120)
LISTEN_SECONDS = 60.0
LOOK_SECONDS = 0.5

REFERENCE = "reference"  # beside the claims: a transaction that reads one row, which tells how busy the machine is

Claim = Callable[[Connection, Rota, str], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A full ledger, whose accounts are on a running sandbox."""

    settings: Settings
    db: Database
    polled: int  # active accounts that the listener asks

    def behind(self) -> float:
        """By how many seconds the poll that is due for longest is late."""
        now = utc_now()
        with self.db.reading() as tx:
            return round(gauges.behind(tx, now + gauges.BEHIND)["poll"].oldest.total_seconds(), 1)


def measure(population: Population, database: str = "", seconds: float = LISTEN_SECONDS) -> dict[str, Any]:
    """On a ledger of its own, or an empty one whose address is given. seconds: how long the listener polls."""
    load_before = os.getloadavg()[0]
    with ExitStack() as stack:
        began = time.monotonic()
        scene = stack.enter_context(_scene(population, database))
        filled = time.monotonic() - began
        swept = asyncio.run(_sweep(scene))
        claimed = _claim_everything(scene)
        listened = _listen(scene, seconds)
    bare = claimed.pop(REFERENCE)
    every = [each for times in claimed.values() for each in times]
    return {
        "accounts": population.accounts,
        "active": population.active,
        "ended_rows": 3 * population.ended,
        "sweep_ms_p95": _quantile(swept, 0.95),
        "sweep_ms_max": _quantile(swept, 1.0),
        "claim_p50_ms": _quantile(every, 0.5),
        "claim_p95_ms": _quantile(every, 0.95),
        "reference": {"bare_transaction": {"p50": _quantile(bare, 0.5), "p95": _quantile(bare, 0.95)}},
        "claims": {name: {"p50": _quantile(t, 0.5), "p95": _quantile(t, 0.95)} for name, t in claimed.items()},
        **listened,
        "fill_s": round(filled, 1),
        "database": scene.db.url.get_backend_name(),
        "load_average": [round(load_before, 2), round(os.getloadavg()[0], 2)],
    }


@contextmanager
def _scene(population: Population, database: str) -> Iterator[Scene]:
    with ExitStack() as stack:
        prefix = "engage-scale-"
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)))
        if database == OWN_SERVER:
            database = stack.enter_context(postgres.running()).url
        # No Redis listens there: nothing that is measured needs one.
        settings = load({}, home=home, database_url=database, redis_url="redis://127.0.0.1:1/0", log_level="ERROR")
        db = Database(settings.ledger_url)
        stack.callback(db.close)
        schema.upgrade(db)
        sandbox = stack.enter_context(network.running(home / "sandbox.log"))
        account = asyncio.run(_connect(sandbox))
        fill(db, population, Vault.at(settings.directory).lock(account), sandbox)
        yield Scene(settings, db, population.active // 2)


async def _connect(sandbox: str) -> dict[str, str]:
    """One account there stands for all of ours: who asks is what costs, not whom."""
    async with network.Network(sandbox) as net:
        made = await net.connect("everybody", "Everybody")
        return {key: made[key] for key in ("access_token", "webhook_secret")}


# sweeps and claims ---------------------------------------------------------------------------------------------------


async def _sweep(scene: Scene) -> list[float]:
    """Milliseconds of each tick; the first ones have a backlog to end."""
    runtime = Runtime.start(scene.settings)
    upkeep = Upkeep(runtime, "bench", lambda: None)
    times = []
    for _ in range(SWEEPS):
        began = time.perf_counter()
        await upkeep.sweep()
        times.append((time.perf_counter() - began) * 1000)
    await runtime.aclose()
    return times


def _claim_everything(scene: Scene) -> dict[str, list[float]]:
    """Name → milliseconds of each claim with its commit, made by CLAIMERS processes at the same time."""
    found: dict[str, list[float]] = {}
    with ProcessPoolExecutor(CLAIMERS, mp_context=get_context("spawn")) as claimers:
        for name in CLAIMS_OF:
            parts = [claimers.submit(_claim, scene.settings.ledger_url, name, f"bench{n}") for n in range(CLAIMERS)]
            found[name] = [each for part in parts for each in part.result()]
    return found


def _claim(database: str, name: str, owner: str) -> list[float]:
    rota, times, claim = Rota(), [], CLAIMS_OF[name]
    db = Database(database)
    for _ in range(WARM + CLAIMS):
        began = time.perf_counter()
        with db.transaction() as tx:
            claim(tx, rota, owner)
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.03)  # as workers do
    db.close()
    return times[WARM:]


CLAIMS_OF: dict[str, Claim] = {
    REFERENCE: lambda tx, *_: [tx.execute(select(1)).scalar_one()],
    "live": lambda tx, rota, owner: turns.claim(tx, Surface.LIVE, ROWS, owner, LEASE, utc_now(), rota),
    "dm": lambda tx, rota, owner: turns.claim(tx, Surface.DM, ROWS, owner, LEASE, utc_now(), rota),
    "comment": lambda tx, rota, owner: turns.claim(tx, Surface.COMMENT, ROWS, owner, LEASE, utc_now(), rota),
    "post": lambda tx, rota, owner: sendings.claim_due(tx, ROWS, owner, LEASE, utc_now(), rota),
    "settle": lambda tx, rota, owner: sendings.claim_uncertain(tx, ROWS, owner, LEASE, utc_now(), rota),
    "intake": lambda tx, rota, _: inbox.next_received(tx, ROWS, utc_now(), rota),
    "idle_sources": lambda tx, _, owner: sources.claim(tx, "poll", ROWS, owner, LEASE, utc_now()),
}


# the listener --------------------------------------------------------------------------------------------------------


def _listen(scene: Scene, seconds: float) -> dict[str, Any]:
    """The real process, its memory, and how soon it has asked for every active account."""
    env = {
        **os.environ,
        PARENT: str(os.getpid()),
        "ENGAGE_HOME": str(scene.settings.directory),
        "ENGAGE_DATABASE_URL": scene.settings.database_url,
        "ENGAGE_REDIS_URL": scene.settings.redis_url,
        "ENGAGE_LOG_LEVEL": "ERROR",
    }
    listener = subprocess.Popen([sys.executable, "-m", "workers.listen"], env=env)
    try:
        most, everybody = _watch(scene, listener.pid, seconds)
        spent = cpu.spent([listener.pid]).total()
        behind = scene.behind()
    finally:
        end(listener, 30)
    return {
        "listener_rss_mb": most,
        "listener_polled": scene.polled,
        "listener_all_asked_s": everybody,
        "listener_behind_s": behind,
        "listener_cpu_s": round(spent, 1),
    }


def _watch(scene: Scene, pid: int, seconds: float) -> tuple[float, float | None]:
    """The most memory in MB, and after how many seconds every active account had been asked once."""
    most, everybody = 0.0, None
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        most = max(most, cpu.resident_mb([pid]).total())
        if everybody is None and _asked(scene) >= scene.polled:
            everybody = round(passed, 1)
        time.sleep(LOOK_SECONDS)
    return most, everybody


def _asked(scene: Scene) -> int:
    active = select(accounts.c.id).order_by(accounts.c.id).limit(2 * scene.polled)
    seen = select(func.count()).select_from(cursors).where(cursors.c.account_id.in_(active), cursors.c.cursor != "")
    with scene.db.reading() as tx:
        return int(tx.execute(seen).scalar_one())


def _quantile(times: Sequence[float], share: float) -> float:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)
