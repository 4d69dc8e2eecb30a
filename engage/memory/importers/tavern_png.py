"""The text that a program has put into a PNG picture. Pure but for reading the stream.

Layout: W3C, Portable Network Graphics (PNG) Specification, 5.3 chunk layout and 11.3.3.2 tEXt; read 2026-11-27.
"""

import struct
import zlib
from collections.abc import Collection
from typing import IO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 16 * 1024 * 1024  # bytes of a text
_CHUNKS = 100_000  # a picture has one for every 8 KB
_HEAD = struct.Struct(">I4s")
_CHECK = struct.Struct(">I")


class Damaged(Exception):
    """The picture cannot be read; the reason says why."""


def texts_of(stream: IO[bytes], keywords: Collection[bytes]) -> dict[bytes, bytes]:
    """keyword → text of the chunks of these keywords, the last of each. Raises Damaged, and OSError."""
    if stream.read(len(SIGNATURE)) != SIGNATURE:
        raise Damaged("it is no PNG picture")
    found: dict[bytes, bytes] = {}
    for _ in range(_CHUNKS):
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size:  # some programs leave out the end, and readers do not mind
            return found
        size, kind = _HEAD.unpack(head)
        if kind == b"IEND":
            return found
        if kind != b"tEXt":
            _skip(stream, size + _CHECK.size)
        elif pair := _text(stream, size, keywords):
            found[pair[0]] = pair[1]
    raise Damaged("it has too many parts")


def _text(stream: IO[bytes], size: int, keywords: Collection[bytes]) -> tuple[bytes, bytes] | None:
    if size > LARGEST:
        raise Damaged(f"a text in it is larger than {LARGEST >> 20} MB")
    data, check = stream.read(size), stream.read(_CHECK.size)
    keyword, _, text = data.partition(b"\0")
    if keyword.lower() not in keywords and len(data) == size:
        return None
    if len(data) < size or len(check) < _CHECK.size:
        raise Damaged("it breaks off in the text")
    if _CHECK.unpack(check)[0] != zlib.crc32(data, zlib.crc32(b"tEXt")):
        raise Damaged("its text is damaged (the checksum is another)")
    return keyword.lower(), text


def _skip(stream: IO[bytes], size: int) -> None:
    """By reading: not every stream of an archive can be moved."""
    while size > 0:
        passed = len(stream.read(min(size, 1 << 20)))
        if not passed:
            return
        size -= passed
