"""Memory over a real Chroma server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tenacity import wait_none

from engage.ledger.database import Database
from engage.memory import freshness, provided, reindexing
from engage.memory.vectors import Vectors
from engage.settings import Settings, load
from tests.fakes.embeddings_server import EmbeddingsServer
from tests.memory_server.changing import KEY, OTHER, House
from workers import reindexing as changing_embeddings


@pytest.fixture
def vectors(chroma_url: str) -> Iterator[Vectors]:
    store = Vectors(chroma_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def running_server() -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as running:
        yield running


@pytest.fixture
def server(running_server: EmbeddingsServer) -> EmbeddingsServer:
    running_server.reset()
    return running_server


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Database]:
    db = Database(sqlite_url)
    yield db
    db.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for, and a slow machine gets its time."""
    monkeypatch.setattr(changing_embeddings, "SPAN", 60.0)
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(provided, "_backing_off", wait_none())
    monkeypatch.setattr(provided, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(reindexing, "PORTION", 2)


@pytest.fixture
def house(
    ledger: Database,
    vectors: Vectors,
    chroma_url: str,
    server: EmbeddingsServer,
    tmp_path: Path,
    sqlite_url: str,
    at_once: None,
) -> House:
    def settings(**values: Any) -> Settings:
        other = {
            "embeddings": OTHER,
            "embeddings_base_url": server.url,
            "embeddings_api_key": KEY,
            "embeddings_timeout": "5",
        }
        environ = {f"ENGAGE_{name.upper()}": value for name, value in {**other, **values}.items()}
        return load(environ, home=tmp_path, chroma_url=chroma_url, database_url=sqlite_url)

    return House(ledger, vectors, settings, chroma_url)
