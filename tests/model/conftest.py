"""A model server of one's own, and composers that talk to it through the same client as in production."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from engage.compose.chain import ModelComposer
from tests.fakes.model_server import ModelServer

KEY = "sk-test-key-0123456789"

Make = Callable[..., ModelComposer]


@pytest.fixture(scope="session")
def running_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def server(running_server: ModelServer) -> ModelServer:
    running_server.reset()
    return running_server


@pytest.fixture
async def make(server: ModelServer) -> AsyncIterator[Make]:
    """Makes composers and closes them."""
    made: list[ModelComposer] = []

    def one(spec: str = "openai:m", **options: Any) -> ModelComposer:
        made.append(ModelComposer(spec, **{"base_url": server.url, "api_key": KEY, "timeout": 20, **options}))
        return made[-1]

    yield one
    for composer in made:
        await composer.aclose()
