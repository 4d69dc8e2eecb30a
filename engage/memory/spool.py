"""Rows of which the last of an id counts, when there are too many to be held: they wait in a file without a name."""

import pickle
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile

from engage.memory.importers.rows import Row
from engage.memory.passages import document_id


def last_of_each(rows: Iterable[Row]) -> Iterator[Row]:
    """The last of the rows that share an id, in the order of the first: a file may correct itself further down.

    All of them are read before the first is given. In memory stay their ids, about 200 bytes each.
    """
    with TemporaryFile() as file:
        places: dict[str, int] = {}
        for row in rows:
            places[document_id(row)] = file.tell()
            pickle.dump(row, file, pickle.HIGHEST_PROTOCOL)
        for place in places.values():
            file.seek(place)
            row = pickle.load(file)  # noqa: S301 - written above, in a file that nobody else can open
            yield row
