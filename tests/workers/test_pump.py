"""A pump works whenever there may be something to do, and never ends by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from engage.errors import Unavailable
from workers.pump import Pump

LONG = timedelta(hours=1)


class Steps:
    """Counts the steps of a pump, and lets a test wait for the n-th."""

    def __init__(self, *failures: Exception, pause: timedelta = LONG) -> None:
        self.count = 0
        self._failures = list(failures)
        self._pause = pause
        self._turned = asyncio.Condition()

    async def __call__(self) -> timedelta:
        async with self._turned:
            self.count += 1
            self._turned.notify_all()
        if self._failures:
            raise self._failures.pop(0)
        return self._pause

    async def reach(self, count: int) -> None:
        async with self._turned, asyncio.timeout(10):
            await self._turned.wait_for(lambda: self.count >= count)


@asynccontextmanager
async def running(step: Callable[[], object]) -> AsyncIterator[Pump]:
    pump = Pump("test", step)  # type: ignore[arg-type]
    task = asyncio.create_task(pump.run())
    yield pump
    pump.stop()
    async with asyncio.timeout(10):
        await task


async def test_a_pump_looks_for_work_when_it_starts() -> None:
    steps = Steps()
    async with running(steps):
        await steps.reach(1)
    assert steps.count == 1


async def test_a_wake_up_ends_a_long_pause() -> None:
    steps = Steps()
    async with running(steps) as pump:
        for number in range(1, 4):
            await steps.reach(number)
            pump.wake()
        await steps.reach(4)
    assert steps.count >= 4


async def test_a_pump_looks_again_when_its_step_said_so() -> None:
    steps = Steps(pause=timedelta(0))
    async with running(steps):
        await steps.reach(5)
    assert steps.count >= 5


async def test_a_time_that_is_over_already_is_no_error() -> None:
    steps = Steps(pause=timedelta(seconds=-5))
    async with running(steps):
        await steps.reach(3)
    assert steps.count >= 3


async def test_a_wake_up_during_a_step_is_not_forgotten() -> None:
    inside, go_on, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> timedelta:
        if inside.is_set():
            again.set()
        inside.set()
        await go_on.wait()
        return LONG

    async with running(step) as pump:
        await inside.wait()
        pump.wake()
        go_on.set()
        async with asyncio.timeout(10):
            await again.wait()
    assert again.is_set()


async def test_many_wake_ups_at_once_are_one() -> None:
    steps = Steps()
    async with running(steps) as pump:
        await steps.reach(1)
        for _ in range(100):
            pump.wake()
        await steps.reach(2)
        await asyncio.sleep(0)
    assert steps.count == 2


@pytest.mark.parametrize("failure", [Unavailable("the ledger is away"), RuntimeError("a bug")])
async def test_a_step_that_fails_is_tried_again(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.pump.OUTAGE_PAUSE", timedelta(0))
    steps = Steps(failure, failure)
    async with running(steps):
        await steps.reach(3)
    assert steps.count >= 3


async def test_a_stopped_pump_finishes_its_step_first() -> None:
    inside, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> timedelta:
        inside.set()
        await go_on.wait()
        finished.set()
        return LONG

    async with running(step) as pump:
        await inside.wait()
        pump.stop()
        go_on.set()
    assert finished.is_set()
