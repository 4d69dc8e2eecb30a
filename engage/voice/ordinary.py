"""How anybody might answer (data/ordinary.toml): what a voice is told from where nobody else's words are at hand."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "ordinary.toml"


@cache
def ordinary() -> tuple[str, ...]:
    """The texts, of all languages."""
    found: dict[str, list[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(text for texts in found.values() for text in texts)
