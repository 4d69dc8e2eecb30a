"""Platforms are found by their folder or entry point, and named when they are misspelt."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import connectors
from engage.errors import ConfigError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    connectors._packages.cache_clear()
    yield
    connectors._packages.cache_clear()


def test_folders_are_platforms() -> None:
    folders = {path.parent.name for path in Path(connectors.__file__).parent.glob("*/connector.py")}
    assert "sandbox" in folders
    assert folders <= set(connectors.platforms())


def test_class_and_parser() -> None:
    assert connectors.connector_class("sandbox").name == "sandbox"
    assert connectors.parser("sandbox").__module__ == "connectors.sandbox.parse"


def test_a_misspelt_platform_is_told_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"platform \(account\): no connector named 'sandbx'\. Use .*sandbox"):
        connectors.connector_class("sandbx")
    with pytest.raises(ConfigError, match="sandbox"):
        connectors.parser("qqq")


def test_third_parties(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "elsewhere"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "connector.py").write_text("class Theirs:\n    name = 'theirs'\n\n\nCONNECTOR = Theirs\n")
    (package / "parse.py").write_text("def parse(payload, account_user_id):\n    return []\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    points = EntryPoints([EntryPoint("theirs", "elsewhere", connectors.ENTRY_POINT_GROUP)])
    monkeypatch.setattr(connectors, "entry_points", lambda group: points.select(group=group))
    assert "theirs" in connectors.platforms()
    assert "elsewhere.connector" not in sys.modules, "nothing is imported before it is asked for"
    assert connectors.connector_class("theirs").name == "theirs"
    assert connectors.parser("theirs")({}, "me") == []
