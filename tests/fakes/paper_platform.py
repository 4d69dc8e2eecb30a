"""Makes `paper` a known platform for the length of a test, the way another package would."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints

import pytest

import connectors
from tests.fakes.paper import connector


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = EntryPoints([EntryPoint("paper", "tests.fakes.paper", connectors.ENTRY_POINT_GROUP)])
    monkeypatch.setattr(connectors, "entry_points", lambda group: points.select(group=group))
    connectors._packages.cache_clear()
    connector.ASKED.clear()
    connector.HIDDEN.clear()
    connector.WORDS.clear()
    yield
    monkeypatch.undo()
    connectors._packages.cache_clear()
