"""The Celery application of the reference: stock, as chaos's baseline has it, with a task that asks a model."""

import time
from collections import deque
from functools import lru_cache

import httpx
import redis

from workers.bench.references.common import PROMPT
from workers.chaos.stock import app

WAITS = "waits"  # in Redis: a list with the seconds of every answer
TASK = "stock.reply"
TIMEOUT_SECONDS = 60

# Nothing is killed here, and under load a task takes longer than the baseline's few milliseconds.
app.conf.update(
    worker_prefetch_multiplier=1,
    visibility_timeout=600,
    broker_transport_options={"visibility_timeout": 600},
)
_free: deque[httpx.Client] = deque()


def _reply(model_url: str) -> None:
    """A client for each slot: one that hundreds of threads share is slower than all of them together."""
    start = time.perf_counter()
    client = _free.pop() if _free else httpx.Client(timeout=TIMEOUT_SECONDS)
    assert client.post(f"{model_url}/chat/completions", json=PROMPT).json()["choices"]
    _free.append(client)
    _counter().rpush(WAITS, time.perf_counter() - start)


@lru_cache
def _counter() -> "redis.Redis":
    return redis.Redis.from_url(str(app.conf.broker_url))


reply = app.task(_reply, name=TASK)
