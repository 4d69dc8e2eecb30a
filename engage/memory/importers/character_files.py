"""A character file of another program before it is read: its object, its name, and what never leaves it. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Source
from engage.memory.importers.rows import CONFIDENTIAL, LONGEST_ID, Dropped, clean

INSTRUCTIONS = "instructions to other programs"
# Not "keys": a book of lore has them, and they are words there.
_SECRET = re.compile(
    r"(?:(?:api|private|secret|access|auth|signing)[ _-]?keys?|token|secrets?|password|passwd|credentials?|cookies?"
    r"|mnemonic)\Z",
    re.IGNORECASE,
)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def lenient_json(source: Source) -> dict[str, Any]:
    """The object that the file is; people who write one by hand leave commas behind. Raises Unreadable."""
    try:
        value = source.json()
    except Unreadable:
        value = _mended(source)
    if not isinstance(value, dict):
        raise Unreadable(source.path, "not a character: export it again")
    return value


def name_of(value: Any, path: str) -> str:
    """The character's name. Raises Unreadable, and BadRow for half of a letter."""
    name = " ".join(clean(value).split())[:100] if isinstance(value, str) else ""
    if not name:
        raise Unreadable(path, "the character has no name: export it again")
    return name


def id_of(program: str, name: str) -> str:
    """The id of a character."""
    return f"{program}:{name}"[:LONGEST_ID]


def keys_in(value: Any) -> int:
    """How many keys, tokens and passwords there are in it, however deep."""
    found, waiting = 0, [(value, False)]
    while waiting:
        one, is_secret = waiting.pop()
        if isinstance(one, dict):
            waiting += [(inner, is_secret or bool(_SECRET.search(str(key)))) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(inner, is_secret) for inner in one]
        elif is_secret and isinstance(one, (str, int)) and not isinstance(one, bool) and one != "":
            found += 1
    return found


def confidential(path: str, count: int) -> Iterator[Dropped]:
    """So many texts with a key were left out."""
    if count:
        yield Dropped(path, CONFIDENTIAL, count)


def instructions(path: str, fields: Mapping[str, Any], names: Sequence[str]) -> Iterator[Dropped]:
    """How many of these fields are there and are left out."""
    if count := sum(1 for name in names if fields.get(name)):
        yield Dropped(path, INSTRUCTIONS, count)


def _mended(source: Source) -> Any:
    try:
        return json.loads(_STRING_OR_COMMA.sub(lambda found: found[1] or "", source.text))
    except (ValueError, RecursionError) as error:
        raise Unreadable(source.path, f"not JSON that can be read: {error}: export it again") from None
