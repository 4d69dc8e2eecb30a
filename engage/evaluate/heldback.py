"""A real past answer that was kept out of the import: what the avatar is tried on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engage.memory.importers.rows import Pair, read_row
from engage.models import Surface


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What a follower asked and what the creator replied. line: of the file it was read from, from 1."""

    id: str
    question: str
    reply: str
    asker: str = ""
    surface: Surface = Surface.COMMENT
    line: int = 0


def read_pair(fields: Mapping[str, Any], creator: str, line: int = 0) -> HeldBack:
    """The pair in a row such as `engage import` takes. Raises ValueError saying what is wrong with it."""
    other = fields.get("creator")
    if other and other != creator:
        raise ValueError(f"this pair is of {other!r}: evaluate one creator at a time")
    row = read_row(fields)
    if not isinstance(row, Pair):
        raise ValueError('no past answer: give {"id","question","reply"}')
    asker = fields.get("asker")
    named = asker if isinstance(asker, str) else ""
    return HeldBack(row.id, row.question, row.reply, named, _surface(fields), line)


def _surface(fields: Mapping[str, Any]) -> Surface:
    named = fields.get("surface") or Surface.COMMENT
    try:
        return Surface(named)
    except ValueError:
        raise ValueError(f"'surface' is {named!r}; expected comment, dm or live") from None
