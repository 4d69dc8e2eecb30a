"""An encoder that a provider runs, over real HTTP."""

from collections.abc import Iterator

import numpy as np
import pytest
from tenacity import wait_none

from engage.errors import ConfigError, EngageError, Malformed, RateLimited, Unavailable
from engage.memory import provided
from engage.memory.provided import ATTEMPTS, BATCH, LONGEST, ProvidedEncoder
from tests.conftest import free_port
from tests.fakes.embeddings_server import WIDTH, EmbeddingsServer, Mode

KEY = "sk-test-key-0123456789"
BOOKS = "I read a book about lighthouses."


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as running:
        yield running


@pytest.fixture
def server(shared: EmbeddingsServer) -> EmbeddingsServer:
    shared.reset()
    return shared


@pytest.fixture
def encoder(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> ProvidedEncoder:
    monkeypatch.setattr(provided, "_backing_off", wait_none())
    return ProvidedEncoder("openai:other", server.url, KEY, 5)


def test_vectors_come_in_order_with_length_one(encoder: ProvidedEncoder, server: EmbeddingsServer) -> None:
    made = encoder.encode(["one", "two", "one"])
    assert made.shape == (3, WIDTH)
    assert made.dtype == np.float32
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert np.allclose(made[0], made[2])
    assert not np.allclose(made[0], made[1])
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert encoder.encode([]).shape == (0, WIDTH)


def test_many_texts_go_in_calls_of_so_many(encoder: ProvidedEncoder, server: EmbeddingsServer) -> None:
    assert len(encoder.encode([f"text {n}" for n in range(BATCH + 3)])) == BATCH + 3
    assert server.sizes == [BATCH, 3]


def test_of_a_long_text_the_beginning_is_sent(encoder: ProvidedEncoder, server: EmbeddingsServer) -> None:
    encoder.encode(["x" * (LONGEST + 500)])
    assert max(map(len, server.answered)) == LONGEST


def test_the_same_question_is_asked_once(encoder: ProvidedEncoder, server: EmbeddingsServer) -> None:
    first = encoder.encode_query(BOOKS)
    assert np.array_equal(first, encoder.encode_query(BOOKS))
    assert server.calls == 1


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # of the library, about what is no vector
@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [
        (Mode.BUSY, RateLimited, "slow down"),
        (Mode.BROKEN, Unavailable, "not ready"),
        (Mode.UNAUTHORIZED, ConfigError, "ENGAGE_EMBEDDINGS_API_KEY"),
        (Mode.NO_MODEL, ConfigError, "Name a model that is there"),
        (Mode.ECHOES_KEY, ConfigError, "is refused"),
        (Mode.UNEVEN, Malformed, "vectors of one width"),
        (Mode.FEWER, Malformed, "vectors for 2 texts"),
        (Mode.NAN, Malformed, "no numbers"),
        (Mode.ZEROS, Malformed, "zeros"),
        (Mode.WORDS, Malformed, "something else than vectors"),
        (Mode.PAGE, Unavailable, "cannot be used"),
    ],
)
def test_what_a_provider_does_wrong_is_said_without_the_key(
    encoder: ProvidedEncoder, server: EmbeddingsServer, mode: Mode, kind: type[EngageError], told: str
) -> None:
    server.mode = mode
    with pytest.raises(kind, match=told) as raised:
        encoder.encode([BOOKS, "and another"])
    assert KEY not in str(raised.value)
    server.mode = Mode.GOOD
    assert encoder.encode([BOOKS]).shape == (1, WIDTH)


def test_a_provider_that_is_away(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provided, "_backing_off", wait_none())
    away = ProvidedEncoder("openai:other", f"http://127.0.0.1:{free_port()}/v1", KEY, 5)
    with pytest.raises(Unavailable, match="no answer from embeddings openai:other"):
        away.encode([BOOKS])


def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert ProvidedEncoder("openai:other", server.url, KEY, 5).encode_query(BOOKS).shape == (WIDTH,)


def test_an_ollama_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provided, "_backing_off", wait_none())
    away = ProvidedEncoder("ollama:bge-m3", f"http://127.0.0.1:{free_port()}", "", 5)
    with pytest.raises(Unavailable, match="no answer from embeddings ollama:bge-m3"):
        away.encode([BOOKS])


def test_a_provider_that_hangs_is_given_up(server: EmbeddingsServer) -> None:
    server.mode = Mode.HANG
    hurried = ProvidedEncoder("openai:other", server.url, KEY, 0.2)
    with pytest.raises(Unavailable, match="no answer"):
        hurried.encode_query(BOOKS)


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.BUSY_SHORTLY])
def test_what_passes_soon_is_tried_again(encoder: ProvidedEncoder, server: EmbeddingsServer, mode: Mode) -> None:
    server.script = [mode] * (ATTEMPTS - 1)
    assert encoder.encode([BOOKS]).shape == (1, WIDTH)
    assert server.calls == ATTEMPTS


@pytest.mark.parametrize("mode", [Mode.BUSY, Mode.UNAUTHORIZED, Mode.NAN])
def test_what_does_not_pass_soon_is_not(encoder: ProvidedEncoder, server: EmbeddingsServer, mode: Mode) -> None:
    server.mode = mode
    with pytest.raises(EngageError):
        encoder.encode([BOOKS])
    assert server.calls == 1


def test_a_question_is_tried_once_and_the_next_ones_do_not_wait_for_it(
    encoder: ProvidedEncoder, server: EmbeddingsServer
) -> None:
    server.mode = Mode.BROKEN
    for question in (BOOKS, "another", "a third"):
        with pytest.raises(Unavailable):
            encoder.encode_query(question)
    assert server.calls == 1


def test_a_provider_that_asks_for_a_pause_gets_it(
    encoder: ProvidedEncoder, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provided, "PAUSE_SECONDS", 0.0)
    server.script = [Mode.BUSY]
    with pytest.raises(RateLimited):
        encoder.encode_query(BOOKS)
    with pytest.raises(Unavailable, match="a moment ago"):
        encoder.encode_query(BOOKS)
    assert server.calls == 1


def test_other_dimensions_than_before_are_refused(encoder: ProvidedEncoder, server: EmbeddingsServer) -> None:
    encoder.encode([BOOKS])
    server.mode = Mode.WIDER
    with pytest.raises(Malformed, match=f"vectors of {WIDTH + 1} numbers, not {WIDTH} as before"):
        encoder.encode([BOOKS])
    stored = ProvidedEncoder("openai:other", server.url, KEY, 5, width=WIDTH)
    with pytest.raises(Malformed, match="as before"):
        stored.encode_query(BOOKS)
