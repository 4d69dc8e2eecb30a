"""What a model server's failures mean: try later, or tell the creator what to mend."""

import email.utils
import socket
from datetime import UTC, datetime, timedelta

import pytest

from engage.compose.providers import meaning
from engage.compose.reading import read
from engage.errors import ConfigError, EngageError, RateLimited, Unavailable
from tests.fakes.model_server import Mode, ModelServer
from tests.model.builders import RECALL, TILLY, TRUE_WHEEL, turn
from tests.model.conftest import KEY, Make


async def failing(make: Make, server: ModelServer, mode: Mode, **options: object) -> EngageError:
    server.mode = mode
    with pytest.raises(EngageError) as raised:
        await make(**options).compose(turn(), TILLY, RECALL)
    assert KEY not in str(raised.value)
    return raised.value


async def test_a_refused_key_is_named(server: ModelServer, make: Make) -> None:
    error = await failing(make, server, Mode.UNAUTHORIZED)
    assert isinstance(error, ConfigError)
    assert (error.key, error.place) == ("model_api_key", "ENGAGE_MODEL_API_KEY")
    assert "sk-secret" not in str(error)
    assert server.calls == 1


async def test_a_missing_model_is_named(server: ModelServer, make: Make) -> None:
    error = await failing(make, server, Mode.NO_MODEL)
    assert isinstance(error, ConfigError)
    assert error.key == "model"
    assert "does not exist" in str(error)


async def test_an_address_that_speaks_another_protocol_is_named(server: ModelServer, make: Make) -> None:
    error = await failing(make, server, Mode.STREAM)
    assert isinstance(error, ConfigError)
    assert (error.key, "/v1" in error.fix) == ("model_base_url", True)


async def test_a_busy_server_says_when_to_come_back(server: ModelServer, make: Make) -> None:
    error = await failing(make, server, Mode.BUSY)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=7)
    assert server.calls == 1


async def test_a_broken_server_is_left_to_the_caller(server: ModelServer, make: Make) -> None:
    assert isinstance(await failing(make, server, Mode.BROKEN), Unavailable)
    assert server.calls == 1


async def test_a_lost_answer_is_asked_for_twice(server: ModelServer, make: Make) -> None:
    assert isinstance(await failing(make, server, Mode.ABORT), Unavailable)
    assert server.calls == 2


async def test_the_second_time_may_work(server: ModelServer, make: Make) -> None:
    server.script = [Mode.ABORT]
    assert (await make().compose(turn(), TILLY, RECALL)).text == TRUE_WHEEL


async def test_a_slow_model_is_given_up(server: ModelServer, make: Make) -> None:
    error = await failing(make, server, Mode.HANG, timeout=0.2)
    assert isinstance(error, Unavailable)
    assert "ENGAGE_MODEL_TIMEOUT" in str(error)


async def test_no_server_at_all(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable, match="ENGAGE_MODEL_BASE_URL"):
        await make(base_url=f"http://127.0.0.1:{port}/v1").compose(turn(), TILLY, RECALL)


async def test_ollama_away_is_unavailable_too(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable):
        await make("ollama:llama3.2:3b", base_url=f"http://127.0.0.1:{port}").compose(turn(), TILLY, RECALL)


class Failed(Exception):
    """A provider's exception, as far as it is looked at."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(f"Error code: {status} for key {KEY}")
        self.status_code = status
        self.response = self
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("header", "seconds"), [("12", 12), ("0.5", 0.5), ("99999999", 3600), ("soon", None), ("", None), ("-3", None)]
)
def test_retry_after(header: str, seconds: float | None) -> None:
    error = meaning(Failed(503, retry_after=header), "openai:m")
    assert isinstance(error, Unavailable)
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_retry_after_may_be_a_date() -> None:
    date = email.utils.format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    error = meaning(Failed(429, retry_after=date), "openai:m")
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert timedelta(minutes=4) < error.retry_after <= timedelta(minutes=5)


@pytest.mark.parametrize("status", [400, 404, 422, 429])
def test_no_message_holds_the_key(status: int) -> None:
    assert KEY not in str(meaning(Failed(status), "openai:m", KEY))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"answer": 3}', '{"answer": "half', '{"other": "object"}', "{" * 30_000, '{"a":' * 5_000],
)
def test_what_cannot_be_read(text: str) -> None:
    assert read(text) is None
