"""The registry of platforms: a folder here, or an entry point of the group `engage.connectors`.

A platform is a package with two modules: `connector` (defines `CONNECTOR`, the class that does its I/O) and `parse`
(defines `parse`, pure). It may have two more: `connect` (`CONNECT`, how an account is granted) and `webhooks`
(`WEBHOOKS`, made from an App, where the platform calls an application and not an account). They are imported when first
asked for, so an unused platform costs nothing. An entry point's name is the platform, its value the dotted path of the
package.
"""

import difflib
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from engage.errors import ConfigError
from engage.grants import Connect
from engage.platform import App, AppWebhooks, Connector, Parser

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


def connect_of(name: str) -> Connect | None:
    """How accounts of `name` are granted; None where they are connected by hand. Raises ConfigError."""
    return cast("Connect | None", _optional(name, "connect", "CONNECT"))


def webhooks_of(name: str) -> Callable[[App], AppWebhooks] | None:
    """What takes the calls that `name` makes to an application; None where there are none. Raises ConfigError."""
    return cast("Callable[[App], AppWebhooks] | None", _optional(name, "webhooks", "WEBHOOKS"))


@cache
def guide(name: str) -> tuple[str, str]:
    """The platform's name as people write it, and how it is set up (Markdown): both out of its README.md."""
    file = Path(import_module(_package(name)).__file__ or "").parent / "README.md"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    steps = re.search(r"^## Set-up\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return title[1].strip() if title else name, steps[1].strip() if steps else ""


@cache
def _optional(name: str, module: str, what: str) -> Any:
    path = f"{_package(name)}.{module}"
    return getattr(import_module(path), what) if find_spec(path) else None


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
