"""The example conversations of a character card, and the entries of its book. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.character_words import Telling, Turn
from engage.memory.importers.rows import BadRow, Dropped, Pair, Rejected, Said

SWITCHED_OFF = "entries of a character's book that are switched off"
_START = re.compile(r"^\s*<START>\s*$", re.IGNORECASE | re.MULTILINE)
_SPEAKER = re.compile(r"\s*(\{\{\w+\}\}|<\w+>|[^:\n]{1,40}?)\s*:\s?(.*)", re.DOTALL)
_SELF, _OTHER = ("{{char}}", "<bot>", "<char>"), ("{{user}}", "<user>", "you")


def examples(telling: Telling, value: Any, path: str) -> Iterator[Said | Pair | Rejected]:
    """`mes_example`: conversations, each after a line of <START>."""
    blocks = _START.split(value) if isinstance(value, str) else []
    for number, block in enumerate((one for one in blocks if one.strip()), start=1):
        try:
            yield from telling.examples(_turns(telling, block))
        except BadRow as error:
            yield Rejected(path, number, f"example of a conversation: {error}")


def book(telling: Telling, value: Any, path: str) -> Iterator[Said | Rejected | Dropped]:
    """`character_book`: what programs look up when a word of it is met."""
    entries = value.get("entries") if isinstance(value, dict) else None
    listed = [*entries.values()] if isinstance(entries, dict) else entries if isinstance(entries, list) else []
    off = 0
    for number, entry in enumerate(listed, start=1):
        fields = entry if isinstance(entry, dict) else {}
        if fields.get("enabled") is False or fields.get("disable") is True:
            off += 1
            continue
        try:
            if not isinstance(fields.get("content"), str):
                raise BadRow("content must be a text")
            if row := telling.said(_undecorated(fields["content"]), _title(telling, fields)):
                yield row
        except BadRow as error:
            yield Rejected(path, number, f"entry of the character's book: {error}")
    if off:
        yield Dropped(path, SWITCHED_OFF, off)


def _turns(telling: Telling, block: str) -> list[Turn]:
    """Lines go on with whoever spoke last; what stands before the first speaker is nobody's."""
    spoken: list[tuple[bool, str]] = []
    for line in block.splitlines():
        found = _SPEAKER.match(line)
        speaker = found[1].casefold() if found else ""
        if found and (speaker in _SELF or speaker == telling.name.casefold()):
            spoken.append((True, found[2]))
        elif found and speaker in _OTHER:
            spoken.append((False, found[2]))
        elif spoken:
            spoken[-1] = (spoken[-1][0], f"{spoken[-1][1]}\n{line}")
    return [telling.turn(text, mine=mine) for mine, text in spoken]


def _undecorated(content: str) -> str:
    """Without the lines that tell programs where to put it ("@@depth 4")."""
    return "\n".join(line for line in content.splitlines() if not line.startswith("@@"))


def _title(telling: Telling, entry: Mapping[str, Any]) -> str | None:
    named = entry.get("name") or entry.get("comment")
    return next(iter(telling.lines(named)), None) if isinstance(named, str) else None
