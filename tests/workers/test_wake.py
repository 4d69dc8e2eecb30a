"""Wake-ups are quick, coalesced, and never a reason to fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from tests.conftest import free_port
from workers import queues, wake
from workers.wake import Waker


class Broker:
    """Takes messages, or refuses the first few; a test may hold it up."""

    def __init__(self, *refusals: Exception) -> None:
        self.taken: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.tried = threading.Semaphore(0)
        self._refusals = list(refusals)

    def send_task(self, name: str, **options: object) -> None:
        self.tried.release()
        assert self.open.wait(10)
        if self._refusals:
            raise self._refusals.pop(0)
        self.taken.append(str(options["queue"]))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "GAP", 0)
    monkeypatch.setattr(wake, "PAUSE", 0)


def test_a_burst_of_wake_ups_is_sent_once() -> None:
    broker = Broker()
    broker.open.clear()
    with closing(Waker(broker)) as waker:
        waker.wake("first")
        assert broker.tried.acquire(timeout=10)
        for _ in range(100):
            waker.wake("intake")
            waker.wake("post")
        broker.open.set()
    assert broker.taken == ["first", "intake", "post"]


@pytest.mark.parametrize("refusal", [OperationalError("refused"), ConnectionRefusedError(), OSError()])
def test_a_refused_wake_up_is_dropped_and_the_next_one_is_sent(refusal: Exception) -> None:
    broker = Broker(refusal)
    with closing(Waker(broker)) as waker:
        waker.wake("lost")
        assert broker.tried.acquire(timeout=10)
        waker.wake("arrives")
    assert broker.taken == ["arrives"]


def test_what_is_pending_is_sent_before_the_end() -> None:
    broker = Broker()
    waker = Waker(broker)
    waker.wake("last")
    waker.close()
    assert broker.taken == ["last"]


# a real broker


@pytest.fixture
def app_at() -> Iterator[Callable[[str], Celery]]:
    """Makes a Celery application like ours with another broker."""
    from workers.app import app as ours

    made: list[Celery] = []

    def at(url: str) -> Celery:
        app = Celery("test", set_as_current=False)
        app.conf.update(broker_url=url, task_queues=ours.conf.task_queues, task_publish_retry=False)
        app.conf.broker_transport_options = ours.conf.broker_transport_options
        made.append(app)
        return app

    yield at
    for app in made:
        app.pool.force_close_all()
        app.close()


def test_without_redis_a_wake_up_returns_and_the_waker_lives_on(app_at: Callable[[str], Celery]) -> None:
    waker = Waker(app_at(f"redis://127.0.0.1:{free_port()}/0"))
    waker.wake(queues.INTAKE)
    waker.wake(queues.POST)
    assert waker._thread.is_alive()
    waker.close()
    assert not waker._thread.is_alive()


def test_a_wake_up_arrives_over_a_real_server(app_at: Callable[[str], Celery], valkey_url: str) -> None:
    app = app_at(valkey_url)
    with closing(Waker(app)) as waker:
        waker.wake(queues.INTAKE)
        with app.connection_for_read() as connection, closing(connection.SimpleQueue(queues.INTAKE)) as queue:
            message = queue.get(timeout=10)
            message.ack()
    assert message.headers["task"] == "engage.wake"
    assert message.payload[0] == [queues.INTAKE]


def test_a_server_without_memory_drops_wake_ups_and_nothing_else(
    app_at: Callable[[str], Celery], valkey_url: str
) -> None:
    import redis

    app = app_at(valkey_url)
    with redis.Redis.from_url(valkey_url) as server, closing(Waker(app)) as waker:
        server.delete(queues.POST)  # other tests of this process use the same server
        server.config_set("maxmemory-policy", "noeviction")
        server.config_set("maxmemory", 1)
        try:
            waker.wake(queues.POST)
            waker.close()
        finally:
            server.config_set("maxmemory", 0)
        assert server.llen(queues.POST) == 0
