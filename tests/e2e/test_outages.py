"""Redis and Chroma die under the running stack, and come back."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import free_port
from tests.e2e.conftest import kill, member, until
from workers import doctor, valkey
from workers.demo import stage
from workers.demo.stage import Stage

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("stack")]


class Redis:
    """A server of the operator's own, at one address through all its lives."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        line = [valkey.binary(), "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen([*line, "--save", ""], stdout=log, stderr=log)

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def on(redis: Redis) -> Iterator[Stage]:
    with stage.running(redis_url=redis.url, debounce="0.3") as running:
        yield running


def found(on: Stage, name: str) -> doctor.Check:
    return next(check for check in doctor.examine(on.settings) if check.name == name)


async def test_redis_dies_while_followers_write_and_everything_is_answered_all_the_same(
    on: Stage, redis: Redis, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    before = await tilly.asked(6, who="before")
    redis.kill()
    during = await tilly.asked(12, who="during")
    await tilly.taken()
    stats = (await tilly.net.stats())["webhooks"]
    assert stats["sent"] == stats["delivered"], "a webhook had to be sent again"
    await tilly.answered(before + during)
    assert (await asyncio.to_thread(found, on, "redis")).state == "fail"
    redis.start()
    await until(lambda: found(on, "redis").state == "ok", "the doctor to see Redis again")
    await tilly.answered(await tilly.asked(4, who="after"))


async def test_a_dead_chroma_costs_no_answer_is_seen_by_doctor_and_used_again_once_it_is_back(
    on: Stage, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    keeper = member(on.stack.pid, "workers.chroma")
    server = member(on.stack.pid, "--path")
    keeper.suspend()  # the one who would start it again
    try:
        kill(server)
        asked = await tilly.asked(6, who="during")
        await tilly.answered(asked)
        assert (await asyncio.to_thread(found, on, "chroma")).state == "warn"
    finally:
        keeper.resume()
    await until(lambda: found(on, "chroma").state == "ok", "Chroma to be started again")
    # A worker that was let down leaves Chroma alone for two seconds: the first question may still fall into them.
    for number in range(5):
        again = await tilly.asked(6, who=f"after{number}")
        await tilly.answered(again)
        alone = [fate for fate in await tilly.fates(again) if "vectors unavailable" in fate.reasons]
        if not alone:
            break
    assert alone == []
