"""Stock Celery on Redis: threads, an httpx client for each of them, no ledger: the model's answer is all of a reply."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis

from workers import process, valkey
from workers.bench import cpu
from workers.bench.references import common
from workers.bench.stage import BenchFailed
from workers.chaos import baseline
from workers.process import PARENT

WORKERS, THREADS = 2, 100
APPLICATION = "workers.bench.references.celery_app"
TASK, WAITS = "stock.reply", "waits"  # as that file names them; to import it would change the baseline's settings here


def measure(replies: int, model_url: str, home: Path) -> dict[str, Any]:
    """`replies` tasks that wait in Redis already. The first of each thread opens a connection and is not counted."""
    warm_up = WORKERS * THREADS
    with valkey.running(home) as url, ExitStack() as stack, redis.Redis.from_url(url) as broker:
        _enqueue(url, model_url, warm_up + replies)
        pids = [stack.enter_context(_worker(url, number)) for number in range(WORKERS)]
        before = _wait(broker, warm_up)
        spent, start = cpu.spent(pids).total(), time.perf_counter()
        _wait(broker, warm_up + replies)
        seconds, spent = time.perf_counter() - start, cpu.spent(pids).total() - spent
        waits = [float(one) for one in broker.lrange(WAITS, before, -1)]
    return {"workers": WORKERS, "threads": THREADS, **common.figures(waits, seconds, spent)}


def _enqueue(url: str, model_url: str, count: int) -> None:
    from workers.chaos.stock import app

    with app.connection_for_write(url) as connection, app.amqp.Producer(connection) as producer:
        for _ in range(count):
            app.send_task(TASK, (model_url,), producer=producer)


@contextmanager
def _worker(url: str, number: int) -> Iterator[int]:
    line = [*baseline.command(APPLICATION, THREADS), "-n", f"reference{number}@%h"]
    env = {**os.environ, "CHAOS_BROKER": url, PARENT: str(os.getpid())}
    worker = subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield worker.pid
    finally:
        process.end(worker, 10)


def _wait(broker: "redis.Redis", count: int) -> int:
    """Until so many are answered → how many are. Raises BenchFailed."""
    deadline = time.monotonic() + common.LONGEST_SECONDS
    while time.monotonic() < deadline:
        done = int(broker.llen(WAITS))
        if done >= count:
            return done
        time.sleep(0.01)
    raise BenchFailed(f"stock Celery answered {done} of {count} in {common.LONGEST_SECONDS} s")
