"""Wake-ups to other processes: quick, coalesced, and never a reason to fail."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

import structlog

log = structlog.get_logger()

GAP = 0.05  # seconds between two wake-ups of one queue: a burst needs one
PING = "ping:"  # before a queue's name: a wake-up that only shows that wake-ups arrive
PAUSE = 1.0  # seconds without wake-ups after Redis refused one


class Sends(Protocol):
    """What a Celery application offers to publish a task by name."""

    def send_task(self, name: str, **options: object) -> object: ...


class Waker:
    """Publishes wake-ups on a thread of its own, so that neither a request nor the event loop waits for Redis."""

    def __init__(self, celery: Sends) -> None:
        self._celery = celery
        self._pending: set[str] = set()
        self._ready = threading.Condition()
        self._closed = False
        self.published_at: datetime | None = None
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
        self._thread.start()

    def wake(self, queue: str) -> None:
        """Returns at once. Where Redis is down the wake-up is dropped: the sweeper finds the work."""
        with self._ready:
            self._pending.add(queue)
            self._ready.notify()

    def ping(self, queue: str) -> None:
        """Have some worker of this queue note that Redis reaches it."""
        self.wake(PING + queue)

    def close(self) -> None:
        """Send what is pending and stop."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._pending or self._closed)
                if not self._pending:
                    return
                names, self._pending = self._pending, set()
            time.sleep(GAP if self._publish(names) else PAUSE)

    def _publish(self, names: set[str]) -> bool:
        from workers.app import WAKE_EXPIRES

        try:
            for name in sorted(names):
                queue = name.removeprefix(PING)
                options = {"args": (name,), "queue": queue, "expires": WAKE_EXPIRES, "retry": False}
                self._celery.send_task("engage.wake", **options)
                self.published_at = datetime.now(UTC)
        except Exception as error:  # also a full server, a wrong password: the thread must live on
            log.warning("wake_up_dropped", error=type(error).__name__)
            return False
        return True
