"""A file's bytes as text, or why they are none."""

import codecs
from dataclasses import dataclass

from engage.memory.importers.files import File
from engage.memory.importers.rows import Rejected

MOST = 256 * 1024 * 1024  # bytes of a file that is read at once
_BINARY = (
    (b"%PDF", "a PDF: save its text as .txt or .md"),
    (b"PK\x03\x04", "a zip or Office file: export it as text, CSV or Markdown"),
    (b"\xd0\xcf\x11\xe0", "an old Office file: export it as text or CSV"),
    (b"\x1f\x8b", "compressed: unpack it first"),
)
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(Exception):
    """A file that cannot be read as what it seems to be; the reason names the fix."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.rejected = Rejected(path, 0, reason)


@dataclass(frozen=True, slots=True)
class Content:
    """A file's text; lines that were not UTF-8 are blank in it and listed in `rejected`."""

    text: str
    rejected: tuple[Rejected, ...] = ()


def read_text(file: File) -> Content:
    """The text of a file in UTF-8 (with or without BOM) or UTF-16. Raises Unreadable for anything else."""
    if file.size > MOST:
        raise Unreadable(file.path, f"larger than {MOST >> 20} MB: split it")
    with file.open() as stream:
        data = stream.read(MOST + 1)  # what an archive says of a size need not be so
    if len(data) > MOST:
        raise Unreadable(file.path, f"larger than {MOST >> 20} MB: split it")
    if not data.strip():
        raise Unreadable(file.path, "the file is empty")
    if reason := next((reason for magic, reason in _BINARY if data.startswith(magic)), ""):
        raise Unreadable(file.path, reason)
    if encoding := _utf16(data):
        return _decoded(data, encoding, file.path)
    if b"\0" in data:
        raise Unreadable(file.path, "a binary file: export it as text, CSV or JSON Lines")
    try:
        return Content(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _decode_lines(data, file.path)


def head_text(data: bytes) -> str:
    """The beginning of a file as text, "" where it is none."""
    if any(data.startswith(magic) for magic, _ in _BINARY):
        return ""
    if encoding := _utf16(data):
        return data.decode(encoding, "ignore").removeprefix("\ufeff")
    return "" if b"\0" in data else data.decode("utf-8-sig", "ignore")


def _decoded(data: bytes, encoding: str, path: str) -> Content:
    try:
        return Content(data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise Unreadable(path, f"damaged: not UTF-16 at byte {error.start}") from None


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


def _decode_lines(data: bytes, path: str) -> Content:
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
        raise Unreadable(path, "not UTF-8: convert it, as in `iconv -f WINDOWS-1252 -t UTF-8 old > new`")
    return Content("\n".join(kept), tuple(rejected))
