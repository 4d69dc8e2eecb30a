"""How much of a strict platform's limit many workers use together, and how often the platform has to say 429."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import make_url

from engage.ledger import creators
from engage.ledger.ids import new_id
from engage.settings import Settings, load
from workers import queues, services, valkey
from workers.bench import backlog
from workers.bench.pipeline import OWN_SERVER
from workers.bench.stage import BenchFailed
from workers.demo import network
from workers.demo.network import Network
from workers.postgres import running as postgres
from workers.process import PARENT, end
from workers.runtime import Runtime

START_SECONDS = 90
LOOK_SECONDS = 0.25
STOP_SECONDS = 30
SPARE = 1.3  # more is due than the limit allows
WORKER = ["-m", "celery", "-A", "workers.app", "worker", "-P", "threads", "-c", "1", "-Q", queues.POST]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"]


@dataclass(frozen=True, slots=True)
class Plan:
    """limit: replies that the network lets in during any `per` seconds. flush: empty Redis in the middle."""

    workers: int = 8
    seconds: float = 60
    limit: int = 100
    per: float = 10
    flush: bool = False
    database: str = ""

    @property
    def allowed(self) -> float:
        """The reference: what the limit allows in this time in a steady stream."""
        return self.limit * self.seconds / self.per


def measure(plan: Plan) -> dict[str, Any]:
    """One run in a temporary home; everything ends with it. Raises BenchFailed."""
    load_average = os.getloadavg()[0]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="engage-bench-", ignore_cleanup_errors=True))
        url = valkey.make_url(services.free_port())
        own = plan.database == OWN_SERVER
        database = stack.enter_context(postgres()).url if own else plan.database
        settings = load({}, home=Path(folder), database_url=database, redis_url=url, log_level="ERROR")
        stack.enter_context(_child(valkey.command(settings, url), {}, "redis", settings))
        sandbox = stack.enter_context(network.running(settings.directory / "sandbox.log"))
        found = asyncio.run(_run(plan, settings, sandbox))
    return {
        **found,
        "load_average": round(load_average, 2),
        "database": make_url(settings.ledger_url).get_backend_name(),
    }


async def _run(plan: Plan, settings: Settings, sandbox: str) -> dict[str, Any]:
    runtime = Runtime.start(settings)
    try:
        async with Network(sandbox) as net:
            await net.faults(reply_limit=plan.limit, reply_limit_s=plan.per)
            limits = [{"count": plan.limit, "per_s": plan.per}]
            handle = f"paced_{new_id()[-8:]}"  # a database may have seen another run
            account_id = await backlog.connect(runtime, net, handle, limits=limits)
            await backlog.fill(runtime, net, account_id, handle, int(plan.allowed * SPARE) + plan.limit)
            with ExitStack() as running:
                for number in range(plan.workers):
                    running.enter_context(_worker(settings, number))
                began = await _first_send(net)
                await _let_work(plan, settings, began)
            await runtime.db.run(creators.pause_account, account_id, "measured")
            return _judge(plan, began, await _times(net), await net.stats())
    finally:
        await runtime.aclose()


async def _let_work(plan: Plan, settings: Settings, began: datetime) -> None:
    ends_at = began + timedelta(seconds=plan.seconds)
    if plan.flush:
        await asyncio.sleep(plan.seconds / 2)
        async with Redis.from_url(settings.redis_url) as client:
            await client.flushall()
    await asyncio.sleep(max(0.0, (ends_at - datetime.now(ends_at.tzinfo)).total_seconds()))


async def _first_send(net: Network) -> datetime:
    """When the first reply was let in: starting the processes is not measured."""
    for _ in range(int(START_SECONDS / LOOK_SECONDS)):
        if times := await _times(net):
            return times[0]
        await asyncio.sleep(LOOK_SECONDS)
    raise BenchFailed(f"no reply was sent in {START_SECONDS} s")


async def _times(net: Network) -> list[datetime]:
    posted = [reply["sent_at"] for message in await net.messages() for reply in message["replies"]]
    return sorted(map(datetime.fromisoformat, posted))


def _judge(plan: Plan, began: datetime, times: list[datetime], stats: dict[str, Any]) -> dict[str, Any]:
    sends = sum(at - began < timedelta(seconds=plan.seconds) for at in times)
    return {
        "sends": sends,
        "rate_limited": stats["violations"].get("rate_limited", 0),
        "share_of_limit": round(sends / plan.allowed, 4),
        "duplicates": stats["duplicate_replies"],
        "busiest_window": _busiest(times, timedelta(seconds=plan.per)),
        "reference": {"limit": plan.limit, "per_s": plan.per, "allowed": round(plan.allowed, 1)},
        "workers": plan.workers,
        "seconds": plan.seconds,
    }


def _busiest(times: list[datetime], span: timedelta) -> int:
    """The most replies that were let in during any span."""
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def _worker(settings: Settings, number: int) -> Iterator[None]:
    """A worker as the Procfile starts it, for the queue of replies alone."""
    chosen = {
        "ENGAGE_HOME": str(settings.directory),
        "ENGAGE_DATABASE_URL": settings.database_url,
        "ENGAGE_REDIS_URL": settings.redis_url,
        "ENGAGE_LOG_LEVEL": settings.log_level,
    }
    with _child([sys.executable, *WORKER, *QUIET], chosen, f"worker-{number}", settings):
        yield


@contextmanager
def _child(line: list[str], environment: dict[str, str], name: str, settings: Settings) -> Iterator[None]:
    env = {**os.environ, PARENT: str(os.getpid()), **environment}
    with (settings.directory / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(line, env=env, stdout=log, stderr=log)
    try:
        yield
    finally:
        end(child, STOP_SECONDS)
