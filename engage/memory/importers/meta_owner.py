"""Whose export of Meta's it is: the names by which the creator goes in its chats."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File
from engage.memory.importers.format import Me, Source
from engage.memory.importers.meta_page import boxes, is_markup
from engage.memory.importers.meta_text import repaired
from engage.memory.importers.rows import BadRow

_TOLD_IN = tuple(f"{name}_information.{form}" for name in ("personal", "profile") for form in ("json", "html"))
_LABELS = frozenset(("username", "name", "full name"))
# What else an account tells of itself, in whatever language: addresses, numbers, dates, long texts.
_NO_NAME = re.compile(r"\S+@\S+\.\S+|https?://.*|[\d\s+()./:-]*|.{65,}|.*\n.*|\d.*", re.DOTALL)


def owner(source: Source) -> Me:
    """Everybody the creator is there: who was said to be, and who the export says. What is damaged tells nothing."""
    names = [name for file in source.export.ending(*_TOLD_IN) for name in _told(source, file)]
    return Me(source.me.names | Me.of(*names).names)


def _told(source: Source, file: File) -> list[str]:
    try:
        beside = Source(file, source.export)
        personal = file.name.rpartition("/")[2].casefold().startswith("personal")
        if is_markup(beside):
            return _named([pair for box in boxes(beside) for pair in box.cells], guess=personal)
        data = json.loads(beside.text)
        return [*_full_names(data), *_named(list(_labelled(data)), guess=personal)]
    except (Unreadable, BadRow, ValueError, RecursionError, OSError, zipfile.BadZipFile, zlib.error):
        return []


def _named(pairs: list[tuple[str, str]], *, guess: bool) -> list[str]:
    """The values with a known label; else, of one's own account, all that may be a name.

    Of a Facebook profile nothing is guessed: it names relatives too, whose messages are theirs.
    """
    known = [value for label, value in pairs if label.casefold() in _LABELS]
    guessed = [value for _, value in pairs if not _NO_NAME.fullmatch(value)] if guess else []
    return known or guessed


def _labelled(data: Any) -> Iterator[tuple[str, str]]:
    """Of Instagram and Threads: {"profile_user": [{"string_map_data": {label: {"value"}}}]}."""
    for listed in data.values() if isinstance(data, dict) else ():
        for entry in listed if isinstance(listed, list) else ():
            fields = entry.get("string_map_data") if isinstance(entry, dict) else None
            for label, field in fields.items() if isinstance(fields, dict) else ():
                value = field.get("value") if isinstance(field, dict) else None
                if isinstance(value, str):
                    yield repaired(label), repaired(value)


def _full_names(data: Any) -> Iterator[str]:
    """Of Facebook: {"profile_v2": {"name": {"full_name"}}}; of a page the name may stand alone."""
    for key in ("profile_v2", "profile"):
        profile = data.get(key) if isinstance(data, dict) else None
        name = profile.get("name") if isinstance(profile, dict) else None
        full = name.get("full_name") if isinstance(name, dict) else name
        if isinstance(full, str):
            yield repaired(full)
