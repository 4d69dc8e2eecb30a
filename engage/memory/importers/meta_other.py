"""Pages of Meta's exports that no other format knows: likes, followers, and chats under a name of somebody's choice.

Read as plain web pages they would be taken for the creator's words, other people's private messages among them.
"""

from collections.abc import Iterator

from engage.memory.importers.format import Format, Source
from engage.memory.importers.meta_page import is_page
from engage.memory.importers.rows import OTHER_PARTS, Dropped

HELP = "Other pages in the data exports of Instagram, Facebook and Threads: left out; keep the files' own names"


def read(source: Source) -> Iterator[Dropped]:
    """Nothing but that it was left out."""
    yield Dropped(source.path, OTHER_PARTS)


FORMAT = Format("meta pages", HELP, is_page, read, export=True)
