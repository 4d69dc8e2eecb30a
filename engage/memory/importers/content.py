"""A file's bytes as text, or why they are none."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from engage.memory.importers.rows import Rejected

_BINARY = (
    (b"%PDF", "a PDF: save its text as .txt or .md"),
    (b"PK\x03\x04", "a zip or Office file: export it as text, CSV or Markdown"),
    (b"\xd0\xcf\x11\xe0", "an old Office file: export it as text or CSV"),
    (b"\x1f\x8b", "compressed: unpack it first"),
)
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Content:
    """A file's text; lines that were not UTF-8 are blank in it and listed in `rejected`."""

    text: str
    rejected: tuple[Rejected, ...] = ()


def read_content(path: Path) -> Content | Rejected:
    """The text of a file in UTF-8 (with or without BOM) or UTF-16; Rejected names the fix for anything else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Rejected(str(path), 0, f"cannot be read: {error.strerror or error}")
    if not data.strip():
        return Rejected(str(path), 0, "the file is empty")
    if reason := next((reason for magic, reason in _BINARY if data.startswith(magic)), ""):
        return Rejected(str(path), 0, reason)
    return decode(data, str(path))


def decode(data: bytes, path: str) -> Content | Rejected:
    """`read_content` without the file."""
    try:
        if encoding := _utf16(data):
            return Content(data.decode(encoding).removeprefix("\ufeff"))
        if b"\0" in data:
            return Rejected(path, 0, "a binary file: export it as text, CSV or JSON Lines")
        return Content(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _decode_lines(data, path)


def _utf16(data: bytes) -> str:
    """The encoding's name where the bytes are UTF-16: a BOM, or a NUL in every other place of Latin text."""
    if data.startswith(_BOMS):
        return "utf-16"
    sample = data[:2000]
    if sample[1::2].count(0) > len(sample) // 3 and not sample[0::2].count(0):
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 3 and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _decode_lines(data: bytes, path: str) -> Content | Rejected:
    """Keeps the good lines of a file with a few bad ones; mostly bad means another encoding."""
    kept: list[str] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            kept.append(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            kept.append("")
            rejected.append(Rejected(path, number, f"not UTF-8 at byte {error.start}: save the line as UTF-8"))
    if len(rejected) * 2 > sum(1 for line in kept if line.strip()):
        return Rejected(path, 0, "not UTF-8: convert it, as in `iconv -f WINDOWS-1252 -t UTF-8 old > new`")
    return Content("\n".join(kept), tuple(rejected))
