"""What else is in a Google Takeout: what was watched and searched, playlists, subscriptions.

As general files they would be taken for the creator's words, or refused one by one as broken tables.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import OTHER_PARTS, Dropped

HELP = "Other files of a Google Takeout: history, playlists, subscriptions; left out"
_ACTIVITY_PAGE = re.compile(r'<div class="outer-cell mdl-cell mdl-cell--12-col')
_ACTIVITY = re.compile(r'\s*\[\s*\{\s*"header"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"title"\s*:')
_TABLE = re.compile(r"[^\n,]+(?:,[^\n,]*)*\r?(?:\n|\Z)")


def sniff(sample: Sample) -> bool:
    """A page or a list of activities, or a table in a folder that Takeout makes."""
    if _ACTIVITY_PAGE.search(sample.text) or _ACTIVITY.match(sample.text):
        return True
    path = PurePosixPath(sample.name)
    folder = any(part == "Takeout" or part.startswith("YouTube") for part in path.parent.parts)
    return folder and path.suffix.lower() == ".csv" and _TABLE.match(sample.text) is not None


def read(source: Source) -> Iterator[Dropped]:
    """Nothing but that it was left out."""
    yield Dropped(source.path, OTHER_PARTS)


FORMAT = Format("google takeout", HELP, sniff, read, export=True)
