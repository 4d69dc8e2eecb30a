"""The files of an X archive: JSON behind an assignment, and whose account they are of.

Layout: data/*.js as `window.YTD.<part>.part<n> = [ … ]`, told by public readers of these archives (twitter-archive-rs,
community-archive), read 2026-11-26.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

import ijson

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File
from engage.memory.importers.format import Source
from engage.memory.importers.json_stream import whole
from engage.memory.importers.rows import date

_ASSIGNED = re.compile(r"\s*window\.(?:YTD\.(\w+)\.part\d+|__THAR_CONFIG)\s*=\s*[\[{]")
_HEAD = 512  # bytes in which the assignment ends
_CREATED = re.compile(r"(\w{3}) (\w{3}) (\d\d?) ([\d:]+) ([+-]\d{4}) (\d{4})")  # Wed Oct 10 20:19:24 +0000 2018
_SHORT = re.compile(r"([ \t]?)(https?://t\.co/\w+)")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose archive it is; empty where no account.js tells it."""

    id: str = ""
    name: str = ""


def part_of(text: str) -> str | None:
    """What a file's beginning says it holds ("tweets"), "" for the archive's own list, None where it is none of X."""
    found = _ASSIGNED.match(text)
    return (found[1] or "") if found else None


def items(file: File) -> Iterator[Any]:
    """The entries of a file, one at a time. Raises Unreadable where it breaks off."""
    with file.open() as stream, whole(file.path):
        yield from ijson.items(_Assigned(stream), "item", use_float=True)


def parts(source: Source, *stems: str) -> list[File]:
    """The files of this archive with these names, "tweets" for tweets.js and tweets-part1.js; the source may be one."""
    wanted = re.compile(rf"(?:{'|'.join(stems)})(?:-part\d+)?\.js", re.IGNORECASE)
    files = (source.file, *source.export.beside(source.file))
    return [file for file in files if wanted.fullmatch(PurePosixPath(file.name).name)]


def account_of(source: Source) -> Account:
    """What account.js beside a file says."""
    for file in parts(source, "account"):
        try:
            for entry in items(file):
                inner = mapping(mapping(entry).get("account"))
                return Account(word(inner.get("accountId")), word(inner.get("username")))
        except Unreadable:
            continue
    return Account()


def moment(value: Any) -> datetime | None:
    """A date as X writes it, in posts and elsewhere. Raises BadRow."""
    text = word(value)
    return date(_CREATED.sub(r"\1, \3 \2 \6 \4 \5", text))


def links(*lists: Any) -> dict[str, str]:
    """Short address → where it leads, of the lists that posts, long posts and messages keep them in."""
    found = {}
    for one in (one for some in lists if isinstance(some, list) for one in some if isinstance(one, dict)):
        short = word(one.get("url")) or word(one.get("shortUrl"))
        found[short] = word(one.get("expanded_url")) or word(one.get("expanded")) or word(one.get("expandedUrl"))
    return {short: whole for short, whole in found.items() if short and whole}


def expanded(text: str, whole: Mapping[str, str]) -> str:
    """The text with its short addresses written out; "" takes one away. It stays HTML-escaped, as X keeps it."""

    def write_out(found: re.Match[str]) -> str:
        address = whole.get(found[2], found[2])
        return f"{found[1]}{html.escape(address, quote=False)}" if address else ""

    return _SHORT.sub(write_out, text)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def word(value: Any) -> str:
    """A name, an id or an address; ids may be numbers. "" for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


class _Assigned:
    """A file after its assignment, as a stream."""

    def __init__(self, stream: IO[bytes]) -> None:
        head = stream.read(_HEAD)
        self._head, self._stream = head[head.find(b"=") + 1 :], stream

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        head, self._head = self._head, b""
        return head or self._stream.read(size)
