"""Makes `paper` a known platform for a test, the way another package would, and a creator with an account there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import connectors
from engage.grants import Grant
from engage.ledger import creators
from engage.ledger.database import Database
from engage.models import Mode, Persona, Surface
from engage.secrets import Vault
from tests.fakes.paper import connector
from tests.studio.builders import World
from workers import connecting

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TOKEN = "t0k3n"


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = EntryPoints([EntryPoint("paper", "tests.fakes.paper", connectors.ENTRY_POINT_GROUP)])
    monkeypatch.setattr(connectors, "entry_points", lambda group: points.select(group=group))
    connectors._packages.cache_clear()
    connector.ASKED.clear()
    connector.HIDDEN.clear()
    connector.REVOKED.clear()
    connector.WORDS.clear()
    yield
    monkeypatch.undo()
    connectors._packages.cache_clear()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.at(tmp_path)


@pytest.fixture
def world(paper: None, db: Database, vault: Vault) -> World:
    """Its comments are answered by themselves."""
    with db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), NOW)
    made = World(db, who, grant(db, vault, who.id))
    made.mode(Surface.COMMENT, Mode.AUTO)
    return made


def grant(db: Database, vault: Vault, creator_id: str) -> str:
    """Connects the account, or connects it again. Returns its id."""
    with db.transaction() as tx:
        granted = Grant("ada", "@ada", {"token": TOKEN}, NOW)
        [account] = connecting.store(tx, vault, "test", "paper", creator_id, [granted], NOW)
    return account
