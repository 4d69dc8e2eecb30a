"""The registry of platforms: a folder here, or an entry point of the group `engage.connectors`.

A platform is a package with two modules: `connector` (defines `CONNECTOR`, the class that does its I/O) and `parse`
(defines `parse`, pure). They are imported when first asked for, so an unused platform costs nothing. An entry point's
name is the platform, its value the dotted path of the package.
"""

import difflib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from engage.errors import ConfigError
from engage.platform import Connector, Parser

ENTRY_POINT_GROUP = "engage.connectors"


def platforms() -> list[str]:
    """The names of all known platforms, sorted."""
    return sorted(_packages())


def connector_class(name: str) -> type[Connector]:
    """The class that talks to platform `name`. Raises ConfigError for a name nobody provides."""
    module = import_module(f"{_package(name)}.connector")
    return cast("type[Connector]", module.CONNECTOR)


def parser(name: str) -> Parser:
    """The pure function that normalises `name`'s payloads. Raises ConfigError for a name nobody provides."""
    module = import_module(f"{_package(name)}.parse")
    return cast("Parser", module.parse)


@cache
def _packages() -> dict[str, str]:
    """Platform → dotted path. A folder here wins over an entry point of the same name."""
    found = {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}
    for folder in Path(__file__).parent.iterdir():
        if (folder / "connector.py").is_file():
            found[folder.name] = f"{__name__}.{folder.name}"
    return found


def _package(name: str) -> str:
    known = _packages()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or sorted(known)
    raise ConfigError(f"no connector named {name!r}", key="platform", place="account", fix=f"Use {' or '.join(near)}.")
