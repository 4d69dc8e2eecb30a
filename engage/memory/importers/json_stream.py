"""A large JSON file piece by piece: the items of its long lists one at a time, and the single values around them."""

import codecs
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import ijson

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Source


def pieces(source: Source, lists: Collection[str], opened: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """(where, value) in the file's order; `where` is ijson's prefix, as "chats.list.item.messages.item".

    lists: where an item is given whole. opened: where an object's beginning is told too, as (where, None).
    Raises Unreadable where the file breaks off; what came before has been given.
    """
    with source.file.open() as stream:
        if source.file.head().startswith(codecs.BOM_UTF8):
            stream.read(len(codecs.BOM_UTF8))
        with whole(source.path):
            yield from _walk(_numbers(ijson.parse(stream)), lists, opened)


@contextmanager
def whole(path: str) -> Iterator[None]:
    """What is read as JSON inside ends with Unreadable where the file breaks off."""
    try:
        yield
    except (ijson.JSONError, UnicodeDecodeError) as error:
        told = str(error).splitlines()[0] if str(error) else "broken off"
        raise Unreadable(path, f"not JSON from here on ({told}): export it again") from None


def _numbers(events: Any) -> Iterator[tuple[str, str, Any]]:
    """Fractions as plain numbers. ijson could do so itself, but then a single number too large ends the file."""
    for where, event, value in events:
        yield where, event, float(value) if isinstance(value, Decimal) else value


def _walk(events: Any, lists: Collection[str], opened: Collection[str]) -> Iterator[tuple[str, Any]]:
    for where, event, value in events:
        if where in lists and event in ("start_map", "start_array"):
            yield where, _built(events, event)
        elif where in opened and event == "start_map":
            yield where, None
        elif event in ("string", "number", "boolean", "null"):
            yield where, value


def _built(events: Any, opening: str) -> Any:
    builder, depth = ijson.ObjectBuilder(), 1
    builder.event(opening, None)
    while depth:
        _, event, value = next(events)
        builder.event(event, value)
        depth += event.startswith("start_") - event.startswith("end_")
    return builder.value
