"""Lists of records as rows: what is common to exports of platforms. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engage.memory.importers.rows import NO_WORDS, BadRow, Dropped, Private, Rejected, Said

Read = Said | Private | Rejected | Dropped


def each(path: str, records: Iterable[Any], row: Callable[[Any], Said | Private | None]) -> Iterator[Read]:
    """The row of each record; those without words are counted, and a bad one costs only itself."""
    without = 0
    for number, record in enumerate(records, start=1):
        try:
            if found := row(record):
                yield found
            else:
                without += 1
        except BadRow as error:
            yield Rejected(path, number, str(error))
    if without:
        yield Dropped(path, NO_WORDS, without)
