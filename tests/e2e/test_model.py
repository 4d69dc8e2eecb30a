"""Answers written by a model: a good one, one that talks nonsense, and one that is away."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engage.ledger.tables import replies, turns
from tests.conftest import free_port
from tests.e2e import canaries
from tests.e2e.conftest import QUESTIONS, until
from tests.fakes.model_server import Mode, ModelServer
from workers.demo import stage
from workers.demo.stage import Stage

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("stack")]

KEY = "key-of-the-test"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def on(port: int) -> Iterator[Stage]:
    model = {"model": "openai:m", "model_base_url": f"http://127.0.0.1:{port}/v1", "model_api_key": KEY}
    with stage.running(**model, model_timeout="3", debounce="0.2") as running:
        yield running


@pytest.fixture
def model(port: int) -> Iterator[ModelServer]:
    with ModelServer(port) as server:
        yield server


async def test_what_the_model_writes_from_the_passages_is_posted(
    on: Stage, model: ModelServer, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    asked = await tilly.asked(6) + await tilly.asked(2, "dm") + await tilly.asked(2, "live")
    await tilly.answered(asked)
    assert (await tilly.posted())[asked[0]][0].startswith("yes, saturdays from 10 to 4 in lower thistleby")
    assert model.calls == len(asked)
    assert set(model.keys) == {f"Bearer {KEY}"}


async def test_nonsense_is_never_posted_and_a_person_reads_why(
    on: Stage, model: ModelServer, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    model.mode = Mode.GARBAGE
    asked = [await tilly.ask("a"), await tilly.ask("b", "dm")]
    assert [await tilly.card(key) for key in asked] == [("skip", "model_nonsense"), ("escalate", "model_nonsense")]
    assert await stage.settled(on, tilly.net, 20)
    assert await tilly.shown() == 0


async def test_a_model_that_is_away_is_asked_again_once_it_is_back(
    on: Stage, port: int, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    asked = await tilly.asked(3, "dm")
    await until(lambda: _postponed(tilly, 3), "the turns to be put off")
    with ModelServer(port) as model:
        await tilly.answered(asked)
        assert model.calls == 3


async def test_a_model_that_hangs_is_asked_again_and_its_answer_is_posted_once(
    on: Stage, model: ModelServer, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    model.script = [Mode.HANG]
    asked = [await tilly.ask("a", "dm", QUESTIONS[1])]
    await tilly.answered(asked)
    assert await _postponed(tilly, 1)
    assert model.calls == 2


async def test_a_wrong_key_ends_the_turn_with_a_card_that_names_the_setting(
    on: Stage, model: ModelServer, come: Callable[..., Any]
) -> None:
    tilly = await come(on)
    model.mode = Mode.UNAUTHORIZED
    outcome, reasons = await tilly.card(await tilly.ask("a"))
    assert outcome == "escalate"
    assert "ENGAGE_MODEL_API_KEY" in reasons
    assert "model_api_key" in reasons
    assert KEY not in reasons
    assert "sk-secret" not in reasons
    assert await stage.settled(on, tilly.net, 20)
    assert await tilly.shown() == 0


async def test_what_a_follower_wrote_is_in_the_ledger_and_nowhere_beside_it(
    on: Stage, model: ModelServer, come: Callable[..., Any]
) -> None:
    """A model quotes it as it fails, a platform fails, calls are forged: then logs, queues, answers are searched."""
    tilly = await come(on)
    model.script = [Mode.QUOTES, Mode.QUOTES]
    await tilly.net.faults(reply_5xx_before=1.0)
    for surface in ("dm", "comment"):
        await tilly.ask(f"{canaries.NAME}_{surface}", surface, canaries.ASKED)
    await tilly.ask(f"{canaries.NAME}_told", "dm", canaries.TEXT)
    await until(lambda: _postponed(tilly, 2), "the model to fail")
    await until(lambda: _refused(tilly), "the platform to refuse a reply")
    assert canaries.found_in(await canaries.misused(on, tilly.account_id)) == {}
    await tilly.net.faults(reply_5xx_before=0.0)
    assert await stage.settled(on, tilly.net, 40)
    log = canaries.log_of(on)
    assert all(word in log for word in ("answer_postponed", "webhook_refused", '"event": "reply"'))
    written = await canaries.outside_the_ledger(on)
    assert any(name.endswith(".aof") and "engage.wake" in text for name, text in written.items()), written.keys()
    assert canaries.found_in(written) == {}


async def _refused(tilly: Any) -> bool:
    return any(row.attempts for row in await tilly.rows(replies))


async def _postponed(tilly: Any, count: int) -> bool:
    return len(await tilly.rows(turns, turns.c.attempts > 0)) == count
