"""Workers and whole stacks that end, on request or by force, while followers wait for answers."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

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
    """Settings of a stack that answers four at a time, each in a second."""
    model.delay = 1.0
    names = {"model": "openai:m", "model_base_url": model.url, "model_api_key": "key"}
    return {**names, "concurrency": 4, "lease": 5, "debounce": 0.2, "webhook_port": free_port()}


async def test_what_a_killed_worker_was_answering_and_sending_is_posted_once(
    slow: dict[str, Any], model: ModelServer, come: Callable[..., Any]
) -> None:
    with stage.running(**slow) as on:
        tilly = await come(on)
        with up(on, "worker") as second:
            await until(lambda: _are_alive(on, 2), "the second worker")
            worker = member(second.pid, "celery")
            await tilly.net.faults(reply_timeout_after=1, timeout_s=2)  # each is posted, and said so later
            asked = await tilly.asked(20)
            await until(lambda: _is_amid(on, worker.pid), "the second worker to answer and send")
            kill(worker)
            model.delay = 0
            await tilly.net.faults(reply_timeout_after=0)
            await tilly.answered(asked)
            assert await tilly.shown() == len(asked)


async def _are_alive(on: Stage, count: int) -> bool:
    return len(await on.db.read(engines.alive, utc_now() - timedelta(minutes=1))) == count


async def _is_amid(on: Stage, worker: int) -> bool:
    return bool(await on.db.read(answering(worker)) and await on.db.read(sending(worker)))


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


async def test_of_two_stacks_one_is_killed_and_leaves_no_process_and_the_other_answers_on(
    come: Callable[..., Any],
) -> None:
    with stage.running(debounce=0.2) as one, stage.running(debounce=0.2) as other:
        first, second = await come(one), await come(other)
        mine, theirs = await first.asked(4), await second.asked(3)
        await first.answered(mine)
        await second.answered(theirs)
        assert (await first.shown(), await second.shown()) == (4, 3)
        everybody = family(other.stack.pid)
        assert len(everybody) > 6
        kill(everybody[0])
        everybody[0].wait()  # we are its parent: until then it counts as alive
        await until(lambda: all(map(is_over, everybody)), "all its processes to end", seconds=30)
        await first.answered(await first.asked(2, who="later"))
