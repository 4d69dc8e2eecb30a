"""The columns of a table out of Google Takeout, asked for the shape of their values and words of headings. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from engage.memory.importers.takeout_table import Row
from engage.memory.importers.takeout_words import LANGUAGE

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| UTC)?")
CHANNEL = re.compile(r"UC[\w-]{22}")
VIDEO = re.compile(r"[\w-]{11}")
ID = re.compile(r"[\w.%=-]{18,}")
COMMENT = re.compile(r"(?:Ug[\w-]{12,22}(?:AaABAg|CoAEC)|z[\w-]{20,})(?:\.[\w-]+)?")
POST = re.compile(r"Ugk[\w-]{15,}|Ug[\w-]{12,22}AaABCQ")
NUMBER = re.compile(r"-?[\d.,]*")
_RUNS = re.compile(r'\s*(?:\[?\s*\{\s*"(?:text|takeoutSegments)")')


class Columns:
    """Headings and the first rows of a table; columns are told by their number."""

    def __init__(self, headings: Sequence[str], rows: Sequence[Row]) -> None:
        self.headings = tuple(heading.casefold() for heading in headings)
        self._rows = len(rows)
        self._filled = [
            [row[place].strip() for row in rows if len(row) > place and row[place].strip()]
            for place in range(len(headings))
        ]

    @property
    def places(self) -> range:
        """All columns."""
        return range(len(self.headings))

    def first(self, shape: re.Pattern[str], *, full: bool = True) -> int | None:
        """The first column whose values have a shape. full: hardly a row is without."""
        return next((one for one in self.places if self.are(one, shape) and (not full or self.is_full(one))), None)

    def are(self, place: int, shape: re.Pattern[str]) -> bool:
        """A damaged row is no reason to take a column for another."""
        values = self._filled[place]
        return bool(values) and sum(shape.fullmatch(value) is not None for value in values) * 3 >= len(values) * 2

    def are_among(self, place: int, known: Collection[str]) -> bool:
        """Whether all values are of a few, whatever their case."""
        return bool(self._filled[place]) and all(value.casefold() in known for value in self._filled[place])

    def are_runs(self, place: int) -> bool:
        """Texts as JSON, see takeout_text.py."""
        values = self._filled[place]
        return sum(_RUNS.match(value) is not None for value in values) * 2 > len(values)

    def is_full(self, place: int) -> bool:
        """Whether hardly a row is without a value."""
        return len(self._filled[place]) * 5 >= self._rows * 4

    def is_empty(self, place: int) -> bool:
        """Whether no row has a value."""
        return not self._filled[place]

    def is_one(self, place: int) -> bool:
        """Whether it is the same value again and again."""
        values = self._filled[place]
        return bool(values) and Counter(values).most_common(1)[0][1] * 5 >= len(values) * 4

    def is_unique(self, place: int) -> bool:
        """Whether no value comes twice."""
        return len(set(self._filled[place])) == len(self._filled[place])

    def length(self, place: int) -> float:
        """Of a value, in the mean."""
        return sum(map(len, self._filled[place])) / max(len(self._filled[place]), 1)

    def called(self, words: Collection[str]) -> tuple[int, ...]:
        """Those with such a word in the heading, but not those that tell a language or a time."""
        return tuple(
            place
            for place in self.places
            if self._has(place, words) and not self._has(place, LANGUAGE) and not self.are(place, TIME)
        )

    def any_called(self, words: Collection[str]) -> bool:
        """Whether a heading has such a word."""
        return any(self._has(place, words) for place in self.places)

    def _has(self, place: int, words: Collection[str]) -> bool:
        return any(word in self.headings[place] for word in words)
