"""What the memory tests share: a ledger, creators, the encoder, and vectors without a server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.memory.encoder import SentenceEncoder, shared_encoder
from engage.models import Persona


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Database]:
    db = Database(sqlite_url)
    yield db
    db.close()


@pytest.fixture
def add(ledger: Database) -> Callable[[str], str]:
    """Adds a creator; returns the id."""

    def creator(name: str) -> str:
        with ledger.transaction() as tx:
            return add_creator(tx, Persona("", name, name), datetime.now(UTC)).id

    return creator


@pytest.fixture(scope="session")
def encoder() -> SentenceEncoder:
    return shared_encoder()
