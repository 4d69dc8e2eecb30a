"""Large JSON files piece by piece."""

import pytest

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source
from engage.memory.importers.json_stream import pieces


def source(content: bytes) -> Source:
    file = in_memory("x.json", "x.json", content)
    return Source(file, Export([file]))


def test_items_come_whole_and_single_values_with_their_place() -> None:
    content = b'{"a": {"b": true, "list": [{"c": [1, {"d": null}]}, [2], "e"]}, "f": 1}'
    assert list(pieces(source(content), ["a.list.item"], ["a"])) == [
        ("a", None),
        ("a.b", True),
        ("a.list.item", {"c": [1, {"d": None}]}),
        ("a.list.item", [2]),
        ("a.list.item", "e"),
        ("f", 1),
    ]


def test_numbers_are_plain_however_large() -> None:
    found = [value for _, value in pieces(source(b"[1.5, [2.5], 100000000000000000000000000]"), ["item"])]
    assert found == [1.5, [2.5], 10**26]
    assert [type(value) for value in (found[0], found[1][0], found[2])] == [float, float, int]


@pytest.mark.parametrize("content", [b"", b"[1, {", b'[1, "\xff"]', b"[1] [2]", b"[1,, 2]"])
def test_a_broken_file_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(Unreadable, match="export it again"):
        list(pieces(source(content), ["item"]))
