"""What the ledger's tests share."""

import pytest

from engage.ledger.database import Database
from tests.ledger.house import House


@pytest.fixture
def house(db: Database) -> House:
    """A creator on automatic, over SQLite and over PostgreSQL."""
    return House(db)
