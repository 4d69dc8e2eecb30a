"""The one Celery task, and the engine's life inside a worker process."""

from typing import Any

from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from engage.settings import load
from workers import process
from workers.app import app
from workers.engine import EngineThread

_engine: EngineThread | None = None


@app.task(name="engage.wake", ignore_result=True)
def wake(queue: str) -> None:
    """Something on `queue` may be due: hand over to the engine, which looks into the ledger."""
    if _engine is not None:
        _engine.wake(queue)


@worker_init.connect
def _start(sender: Any, **_: Any) -> None:
    global _engine
    process.begin(load().log_level)
    _engine = EngineThread(frozenset(sender.app.amqp.queues.consume_from))
    _engine.start()


@worker_shutting_down.connect
def _stop_claiming(**_: Any) -> None:
    if _engine is not None:
        _engine.stop()


@worker_shutdown.connect
def _wait(**_: Any) -> None:
    if _engine is not None:
        _engine.join()
