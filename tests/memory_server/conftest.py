"""A real Chroma server for the tests of this folder: one a test process."""

from collections.abc import Iterator

import pytest

from engage.memory import chroma_server
from engage.memory.vectors import Vectors


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server.running(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture
def vectors(chroma_url: str) -> Iterator[Vectors]:
    store = Vectors(chroma_url)
    yield store
    store.close()
