"""Discord's own data package: messages/c123/messages.json, or messages.csv in older ones, with channel.json beside it.

It holds what the account wrote, and nobody else's words. Layout of older packages: Androz2091/
discord-data-package-explorer, src/app/extractor.js, read 2026-11-27; newer ones have the same columns as JSON keys.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.discord_words import names_of, readable
from engage.memory.importers.files import File
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.json_stream import pieces
from engage.memory.importers.rows import BadRow, Private, Rejected, Said, clean, date
from engage.models import Surface

HELP = "Discord's data package (messages/c…/messages.json or .csv): what the account wrote; direct messages teach only"
_FIRST = re.compile(r'\s*\[\s*\{\s*"(?:ID|Timestamp|Contents|Attachments)"\s*:')
_KEYS = ('"ID"', '"Timestamp"', '"Contents"')
_COLUMNS = ["ID", "Timestamp", "Contents"]
# Direct messages, group ones and closed threads: by name, and by number in older packages.
_CLOSED = frozenset(("DM", "GROUP_DM", "PRIVATE_THREAD", "EPHEMERAL_DM", "1", "3", "12", "18"))


def sniff(sample: Sample) -> bool:
    """Messages with the package's own keys, or the table's first line."""
    if sample.text.partition("\n")[0].strip().split(",")[:3] == _COLUMNS:
        return True
    return _FIRST.match(sample.text) is not None and all(key in sample.text for key in _KEYS)


def read(source: Source) -> Iterator[Said | Private | Rejected]:
    """Every message of a channel. Raises Unreadable where the file breaks off."""
    channel = _beside(source)
    public = _is_public(channel)

    @cache
    def names() -> dict[str, str]:  # only where somebody is mentioned: an account may have thousands of channels
        return _names(source, channel)

    for number, message in _messages(source):
        try:
            if row := _row(message, names, public=public):
                yield row
        except BadRow as error:
            yield Rejected(source.path, number, str(error))


def _messages(source: Source) -> Iterator[tuple[int, Any]]:
    """Each with its position, or the line on which it ends."""
    if not source.file.head().lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"["):
        reader = csv.DictReader(io.StringIO(source.text, newline=""))
        try:
            for message in reader:
                yield reader.line_num, message
        except csv.Error as error:
            raise Unreadable(source.path, f"not CSV from here on ({error}): request the package again") from None
        return
    found = (value for where, value in pieces(source, ("item",)) if where == "item")
    yield from enumerate(found, start=1)


def _row(message: Any, names: Callable[[], dict[str, str]], *, public: bool) -> Said | Private | None:
    if not isinstance(message, dict):
        raise BadRow("not a message: request the package again")
    contents = message.get("Contents") or ""
    if not isinstance(contents, str):
        raise BadRow("Contents must be a text: request the package again")
    words = clean(readable(contents, names() if "<" in contents else {}))
    if not words:
        return None
    made = f"discord:{_number(message)}", words, date(str(message.get("Timestamp") or ""))
    return Said(*made, surface=Surface.COMMENT) if public else Private(*made)


def _number(message: Mapping[str, Any]) -> str:
    number = message.get("ID")
    if isinstance(number, bool) or not re.fullmatch(r"[0-9]{1,20}", str(number)):
        raise BadRow("a message without its ID: request the package again")
    return str(number)


def _beside(source: Source) -> Mapping[str, Any]:
    """What channel.json tells; {} where there is none that can be read."""
    for file in source.export.beside(source.file):
        if f"/{file.name.casefold()}".endswith("/channel.json"):
            return _object(source, file)
    return {}


def _is_public(channel: Mapping[str, Any]) -> bool:
    """Of a server. Where nothing is told of a channel, it is taken to be private."""
    kind = str(channel.get("type", "")).upper()
    return bool(kind) and kind not in _CLOSED and "recipients" not in channel


def _names(source: Source, channel: Mapping[str, Any]) -> dict[str, str]:
    """Who and what the package can name: this channel, the account, and those whom it knows."""
    known = names_of([channel])
    for file in source.export.ending("account/user.json", "user.json")[:1]:
        user = _object(source, file)
        friends = user.get("relationships")
        users = [one.get("user") for one in friends if isinstance(one, dict)] if isinstance(friends, list) else []
        known |= names_of([user, *users])
    return known


def _object(source: Source, file: File) -> Mapping[str, Any]:
    try:
        value = Source(file, source.export).json()
    except Unreadable:
        return {}
    return value if isinstance(value, dict) else {}


FORMAT = Format("discord package", HELP, sniff, read, export=True)
