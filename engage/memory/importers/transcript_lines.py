"""The lines of a written transcript as turns, in the forms of many tools. Pure.

Tilly: Hello            [00:01:02] Tilly: Hello        00:01 Tilly: Hello       Tilly (00:01): Hello
**Tilly:** Hello        Tilly  0:03  (the words below)  Tilly (00:03):  (the words below)
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from engage.memory.importers.caption_speakers import is_name
from engage.memory.importers.exchanges import Turn

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_TIME = rf"[\[(<]?{_CLOCK}(?:\s*(?:-->?|[-–—])\s*{_CLOCK})?[\])>]?"
_NAME = r"(?P<name>[^\W\d_][^:：\[\]()<>{}\"|\t\n]{0,39}?)"
_TIMED = re.compile(rf"{_TIME}\s*[-–—]?\s*")
_INLINE = re.compile(rf"{_NAME}\s?(?:\s*{_TIME}\s*)?(?::(?:\s+|\Z)|：)\s*(?P<rest>.*)")
_ABOVE = re.compile(rf"{_NAME}[,]?\s+{_TIME}\s*:?\s*")
_MARKS = re.compile(r"\*\*|__")


def turns(text: str) -> Iterator[Turn]:
    """Every turn, in order; lines without a name belong to the turn before."""
    current: Turn | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begun = begins(line)
        if begun:
            if current and current.text:
                yield current
            current = Turn(begun[0], begun[1], number)
        elif current and (more := _words(line)):
            current = replace(current, text=f"{current.text}\n{more}".strip())
    if current and current.text:
        yield current


def begins(line: str) -> tuple[str, str] | None:
    """(speaker, words) where a line begins a turn; the words may be "" and come below."""
    plain = _MARKS.sub("", line).strip()
    timed = _TIMED.match(plain)
    rest = plain[timed.end() :] if timed else plain
    found = _INLINE.fullmatch(rest) or (None if timed else _ABOVE.fullmatch(rest))
    if found is None:
        return None
    name = found["name"].strip()
    if not (is_name(name) or timed):
        return None
    return name, found.groupdict().get("rest") or ""


def _words(line: str) -> str:
    """A line without a time of its own; "" for headings and lines that only part."""
    plain = _MARKS.sub("", line).strip()
    timed = _TIMED.match(plain)
    plain = plain[timed.end() :] if timed else plain
    return "" if plain.startswith("#") or not any(sign.isalnum() or ord(sign) > 0x2000 for sign in plain) else plain
