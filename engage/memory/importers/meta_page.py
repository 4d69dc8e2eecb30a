"""Pages of Meta's exports in their HTML form: boxes with a heading, a body and a date.

Classes: public readers of these pages, read 2026-11-26 (`_a6-g` box, `_a6-h` heading, `_a6-p` body, `_a6-o` and `_a72d`
date, `_a6_q` cell; before 2022 `pam … uiBoxWhite`, `_2lek`, `_2let`, `_2lem`). Labels are in the account's language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Sample, Source
from engage.memory.importers.html_text import parsed, text_in
from engage.memory.importers.meta_text import shown_date
from engage.memory.importers.rows import clean

_BEGINS = re.compile(r"\s*(?:<!doctype[^>]*>\s*)?<html\b", re.IGNORECASE)
# In use, or in the style sheet that a page begins with and that may be longer than a sample.
_CLASSES = re.compile(r'class="(?:[^"]* )?(?:_a6-g|_a70[56]|pam _3-95)[ "]|\._(?:a6-[a-z]|a70[0-9a-z]|3-9[0-9a-z])\b')


def _with(*names: str) -> str:
    return " or ".join(f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')" for name in names)


_OLD_BOX = "(contains(@class, 'pam ') and contains(@class, 'uiBoxWhite'))"
_BOXES = etree.XPath(f"//*[self::div or self::section][{_with('_a6-g')} or {_OLD_BOX}]")
_HEADING = etree.XPath(f"descendant::*[{_with('_a6-h', '_2lek')}]")
_BODY = etree.XPath(f"descendant::*[{_with('_a6-p', '_2let')}]")
_DATE = etree.XPath(f"descendant::*[{_with('_a6-o', '_a72d', '_2lem')}]")
_WORDS = etree.XPath(f"descendant::*[{_with('_2pin')}][not(self::td) and not(ancestor::td)]")
_CELLS = etree.XPath(f"descendant::td[{_with('_a6_q')}]")
_SHOWS = etree.XPath("boolean(descendant::img or descendant::video or descendant::audio or descendant::table)")


@dataclass(frozen=True, slots=True)
class Box:
    """One post, comment or message. Texts are clean; reading them raises BadRow."""

    element: Any

    @property
    def heading(self) -> str:
        found = _HEADING(self.element)
        return clean(text_in(found[0])) if found else ""

    @property
    def date(self) -> datetime | None:
        """None where it is in a form or language that is not understood."""
        return next((one for found in _DATE(self.element) if (one := shown_date(text_in(found)))), None)

    @property
    def message(self) -> str:
        """What a chat's box says: always the second part of its body, after what it replies to; pictures come later."""
        found = _BODY(self.element)
        parts = _divs(found[0]) if found else []
        inner = _divs(parts[0]) if len(parts) == 1 else parts
        told = inner[:2][-1:] or parts or found[:1]
        return clean(text_in(told[0])) if told and not _SHOWS(told[0]) else ""

    @property
    def words(self) -> str:
        """What a post's or comment's box says: its first part that is neither a picture nor a mark of time."""
        for part in (one for body in _BODY(self.element) for one in _WORDS(body)):
            said = "" if _SHOWS(part) or _WORDS(part) else clean(text_in(part))
            if said and not _is_mark(said):
                return said
        return ""

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Label and value, in order; without those that are a date."""
        pairs = [(clean(cell.text or ""), _divs(cell)) for cell in _CELLS(self.element)]
        return [(label, clean(text_in(value[0]))) for label, value in pairs if value]

    @property
    def cell_date(self) -> datetime | None:
        """What stands in a cell and is a date."""
        beside = (cell.getnext() for cell in _CELLS(self.element))
        return next((at for one in beside if one is not None and (at := shown_date(text_in(one)))), None)


def is_page(sample: Sample) -> bool:
    """Whether it is a page of such an export."""
    return _BEGINS.match(sample.text) is not None and _CLASSES.search(sample.text) is not None


def is_markup(source: Source) -> bool:
    """Whether a file that was told is a page. Raises Unreadable."""
    return source.text.lstrip().startswith("<")


def boxes(source: Source) -> Iterator[Box]:
    """The page's boxes that are in no other. Raises Unreadable."""
    root = parsed(source.text)
    if root is None:
        raise Unreadable(source.path, "not a page that can be read: download the export again")
    inside: set[Any] = set()
    for element in _BOXES(root):
        if element.getparent() in inside or any(above in inside for above in element.iterancestors()):
            continue
        inside.add(element)
        yield Box(element)


def _divs(element: Any) -> list[Any]:
    found: list[Any] = element.findall("div")
    return found


def _is_mark(said: str) -> bool:
    """ "Updated Jan 05, 2024 10:13 am": a date after one word at the most."""
    return shown_date(said) is not None or shown_date(said.partition(" ")[2]) is not None
