"""Workers and whole stacks that end, on request or by force, while followers wait for answers."""

from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from engage.ledger import engines
from tests.conftest import free_port
from tests.e2e.conftest import answering, family, is_over, kill, member, sending, until, up
from tests.fakes.model_server import ModelServer
from workers.demo import stage
from workers.demo.stage import Stage
from workers.runtime import utc_now

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("stack")]


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def slow(model: ModelServer) -> dict[str, Any]:
    """Settings of a stack that answers four at a time, each in two seconds."""
    model.delay = 2.0
    names = {"model": "openai:m", "model_base_url": model.url, "model_api_key": "key"}
    return {**names, "concurrency": 4, "lease": 5, "debounce": 0.2, "webhook_port": free_port()}


async def test_what_a_killed_worker_was_answering_or_sending_is_posted_once(
    slow: dict[str, Any], model: ModelServer, come: Callable[..., Any]
) -> None:
    with stage.running(**slow) as on:
        tilly = await come(on)
        for doing in (answering, sending):
            with up(on, "worker") as second:
                await until(lambda: _are_alive(on, 2), "the second worker")
                worker = member(second.pid, "celery")
                await tilly.net.faults(reply_timeout_after=1, timeout_s=2)
                asked = await tilly.asked(16, who=doing.__name__)
                await until(lambda look=doing(worker.pid): on.db.read(look), f"the second worker {doing.__name__}")
                kill(worker)
                model.delay = 0
                await tilly.net.faults(reply_timeout_after=0)
                await tilly.answered(asked)
            await until(lambda: _are_alive(on, 1), "the killed worker to be forgotten")


async def _are_alive(on: Stage, count: int) -> bool:
    return len(await on.db.read(engines.alive, utc_now() - 2 * _lease(on))) == count


def _lease(on: Stage) -> Any:
    from datetime import timedelta

    return timedelta(seconds=on.settings.lease)


async def test_a_stack_that_is_told_to_stop_finishes_its_replies_and_the_next_start_answers_the_rest(
    slow: dict[str, Any], come: Callable[..., Any]
) -> None:
    with stage.running(**slow) as on:
        tilly = await come(on)
        await tilly.net.faults(reply_timeout_after=1, timeout_s=1)
        asked = await tilly.asked(12)
        await tilly.taken()
        await until(lambda: on.db.read(sending()), "a reply on its way")
        everybody = family(on.stack.pid)
        everybody[0].terminate()
        assert everybody[0].wait(30) == 0
        assert [one for one in everybody if not is_over(one)] == []
        begun = (await on.db.read(answering()), await on.db.read(sending()))
        assert begun == (0, 0), "what was begun was cut off"
        assert 0 < await tilly.shown() < len(asked)
        with up(on):
            await tilly.answered(asked)


async def test_a_killed_stack_leaves_no_process_behind(come: Callable[..., Any]) -> None:
    with stage.running() as on:
        await come(on)
        everybody = family(on.stack.pid)
        kill(everybody[0])
        everybody[0].wait()  # we are its parent: until then it would count as alive
        await until(lambda: all(map(is_over, everybody)), "all processes to end", seconds=30)
        assert len(everybody) > 6


async def test_two_stacks_beside_each_other_keep_to_themselves(come: Callable[..., Any]) -> None:
    with stage.running() as one, stage.running() as other:
        first, second = await come(one), await come(other)
        mine = await first.asked(4)
        theirs = await second.asked(4)
        await first.answered(mine)
        await second.answered(theirs)
        assert (await first.shown(), await second.shown()) == (4, 4)
        assert (one.stack.webhooks, one.stack.studio, one.stack.redis) != (
            other.stack.webhooks,
            other.stack.studio,
            other.stack.redis,
        )
        psutil.Process(other.stack.pid).terminate()
        await first.answered(await first.asked(2, who="later"))
