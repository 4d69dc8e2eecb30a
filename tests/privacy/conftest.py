"""A ledger, Chroma and Valkey, and somebody of whom something is in all of them."""

from collections.abc import Iterator

import pytest
import redis

from engage.ledger.database import Database
from engage.memory.vectors import Vectors
from tests.ledger.house import House
from tests.privacy.traces import Somebody
from workers.runtime import utc_now


@pytest.fixture
def vectors(chroma_url: str) -> Iterator[Vectors]:
    store = Vectors(chroma_url)
    yield store
    store.close()


@pytest.fixture
def keys(valkey_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(valkey_url)
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def house(db: Database) -> House:
    return House(db, now=utc_now())


@pytest.fixture
def ann(house: House, vectors: Vectors, keys: redis.Redis) -> Somebody:
    return Somebody.arrive(house, vectors, keys)
