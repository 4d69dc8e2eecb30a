"""The connection to OpenAI-compatible servers: what is sent, over which way, and how many at a time."""

import asyncio
import sys

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import HumanMessage

from engage.compose.openai_http import proxy_of
from engage.compose.providers import make_model
from engage.errors import ConfigError, Unavailable
from tests.fakes.model_server import Mode, ModelServer
from tests.model.builders import RECALL, TILLY, TRUE_WHEEL, turn
from tests.model.conftest import KEY, Make

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def test_hundreds_are_asked_at_the_same_time(server: ModelServer, make: Make) -> None:
    composer = make()
    await composer.compose(turn(), TILLY, RECALL)
    server.gather(300)  # nobody is answered before the last has asked
    drafts = await asyncio.gather(*(composer.compose(turn(), TILLY, RECALL) for _ in range(300)))
    assert {draft.text for draft in drafts} == {TRUE_WHEEL}


async def test_connections_are_used_again(server: ModelServer, make: Make) -> None:
    composer = make()
    for _ in range(5):
        await composer.compose(turn(), TILLY, RECALL)
    assert len(set(server.callers)) == 1


async def test_a_web_page_is_no_completion(server: ModelServer, make: Make) -> None:
    server.mode = Mode.PAGE
    with pytest.raises(ConfigError) as raised:
        await make().compose(turn(), TILLY, RECALL)
    assert raised.value.key == "model_base_url"


async def test_a_broken_gateway_is_asked_again_later(server: ModelServer, make: Make) -> None:
    server.mode = Mode.GATEWAY
    with pytest.raises(Unavailable, match="502"):
        await make().compose(turn(), TILLY, RECALL)


async def test_a_refusal_is_no_answer_whatever_stands_beside_it(server: ModelServer, make: Make) -> None:
    server.mode = Mode.REFUSES_ALOUD
    assert (await make().compose(turn(), TILLY, RECALL)).reason == "model_nonsense"


async def test_a_key_that_a_server_repeats_is_not_told(server: ModelServer, make: Make) -> None:
    server.mode = Mode.ECHOES_KEY
    with pytest.raises(ConfigError) as raised:
        await make().compose(turn(), TILLY, RECALL)
    assert KEY not in str(raised.value)
    assert "no model m" in str(raised.value)


async def test_models_of_the_newer_protocol_are_reached_too(server: ModelServer, make: Make) -> None:
    draft = await make("openai:gpt-5-pro").compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert (draft.tokens_in, draft.tokens_out) == (120, 30)
    assert "input" in server.requests[0]


async def test_observers_of_langchain_see_every_call(server: ModelServer) -> None:
    model = make_model("openai:m", server.url, KEY, 5)
    usage = UsageMetadataCallbackHandler()
    await model.ainvoke([HumanMessage("<<<abc\n¦ x\nabc>>>")], config={"callbacks": [usage]})
    assert usage.usage_metadata["m"]["input_tokens"] == 120
    await model.aclose()  # type: ignore[attr-defined]


async def test_a_composer_that_was_closed_connects_anew(server: ModelServer, make: Make) -> None:
    composer = make()
    await composer.compose(turn(), TILLY, RECALL)
    await composer.aclose()
    assert (await composer.compose(turn(), TILLY, RECALL)).text == TRUE_WHEEL


async def test_the_proxy_of_the_environment_is_used_for_the_internet(
    server: ModelServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    draft = await make(base_url="http://model.example/v1").compose(turn(), TILLY, RECALL)
    assert draft.text == TRUE_WHEEL
    assert server.targets == ["model.example/v1/chat/completions"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_no_proxy_stands_before_a_server_on_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert proxy_of(f"http://{host}:8000/v1") is None


@pytest.mark.skipif(sys.platform == "darwin", reason="the system's own settings count there")
def test_a_proxy_is_chosen_by_scheme_and_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "near.example")
    assert proxy_of("https://api.example/v1") == "http://proxy.example:3128"
    assert proxy_of("http://api.example/v1") is None
    assert proxy_of("https://near.example/v1") is None
    monkeypatch.setenv("ALL_PROXY", "http://other.example:3128")
    assert proxy_of("http://api.example/v1") == "http://other.example:3128"
