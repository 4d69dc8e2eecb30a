"""The long posts of an X archive, and which post each is the whole of.

A long post stands in note-tweet.js; the list of posts has its beginning, under another id: time and words tell which.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Source
from engage.memory.importers.rows import BadRow, clean
from engage.memory.importers.x_files import items, links, mapping, moment, parts, word

_NAMES = re.compile(r"(?:@\w+(?:\s+|$))+")
_ADDRESS = re.compile(r"https?://\S+")
_EDITABLE = timedelta(hours=1)  # how long X lets a post be edited
_CUT = 100  # characters that the short form of a long post has at the least, whatever its script
_BEGINNING = 20  # characters they are looked up by


@dataclass(frozen=True, slots=True)
class Note:
    """A long post. plain: its text for comparing; links: its short addresses written out."""

    id: str
    text: str
    at: datetime
    plain: str
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Notes:
    """Long posts by how they begin."""

    found: dict[str, list[Note]] = field(default_factory=lambda: defaultdict(list))

    def of(self, text: str, at: datetime | None) -> list[Note]:
        """The long posts that a post is the beginning of (several where it was edited), the nearest in time first."""
        if not self.found or at is None or not (plain := _plain(text)):
            return []
        near = _EDITABLE if len(plain) >= _CUT else timedelta(seconds=1)
        same = self.found.get(plain[:_BEGINNING], [])
        found = [one for one in same if abs(one.at - at) <= near and one.plain.startswith(plain)]
        return sorted(found, key=lambda one: abs(one.at - at))


def notes_of(source: Source) -> Notes:
    """The long posts of the archive; what is wrong with them is told where their own file is read."""
    notes = Notes()
    for file in parts(source, "note-tweet"):
        try:
            for entry in items(file):
                try:
                    note = note_of(entry)
                except BadRow:
                    continue
                notes.found[note.plain[:_BEGINNING]].append(note)
        except Unreadable:
            continue
    return notes


def note_of(entry: Any) -> Note:
    """Raises BadRow."""
    note = mapping(mapping(entry).get("noteTweet"))
    core, at = mapping(note.get("core")), moment(note.get("createdAt"))
    text, note_id = core.get("text"), word(note.get("noteTweetId"))
    if not isinstance(text, str) or at is None or not note_id.isdecimal() or len(note_id) > 30:
        raise BadRow("a long post without its id, date or text: download the archive again")
    return Note(note_id, text, at, _plain(text), links(core.get("urls")))


def without_names(words: str) -> str:
    """Without the names in front that a reply begins with."""
    return _NAMES.sub("", words, count=1) if _NAMES.match(words) else words


def _plain(text: str) -> str:
    """A text for comparing: without addresses, names in front and the mark of being cut. Raises BadRow."""
    words = " ".join(_ADDRESS.sub("", clean(text)).split())
    return without_names(words).rstrip("… ")
