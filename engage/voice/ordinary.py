"""How anybody might answer, and how an assistant does: what a voice is told from beside other people's words."""

import tomllib
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@cache
def ordinary() -> tuple[str, ...]:
    """The texts of data/ordinary.toml and data/assistant.toml, of all languages."""
    return tuple(text for name in ("ordinary", "assistant") for texts in _read(name).values() for text in texts)


def _read(name: str) -> dict[str, list[str]]:
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))
