"""Of many rows the last of each id."""

from collections.abc import Iterator

import pytest

from engage.memory.importers.rows import Pair, Row, Said
from engage.memory.spool import last_of_each


def test_the_last_of_an_id_counts_where_its_first_stood() -> None:
    rows: list[Row] = [Said("1", "old"), Said("2", "two"), Pair("1", "Why?", "Because."), Said("1", "new")]
    assert list(last_of_each(rows)) == [Said("1", "new"), Said("2", "two"), Pair("1", "Why?", "Because.")]
    assert list(last_of_each([])) == []


def test_a_source_that_breaks_off_is_not_hidden() -> None:
    def torn() -> Iterator[Row]:
        yield Said("1", "one")
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        next(last_of_each(torn()))
