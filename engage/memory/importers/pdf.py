"""PDF: its text by pypdf 7, without what repeats on its pages. Nothing in it is run, and no link is followed."""

import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError

from engage.memory.importers.content import MOST, Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.pdf_lines import Lines, text_of, without_edges
from engage.memory.importers.rows import BadRow, Dropped, Rejected, Said, clean

HELP = "PDF: a file a document; a scanned one needs OCR first, a locked one has to be unlocked"
PAGES = 2000  # that are read
PICTURES = "pages of a PDF that are pictures: recognise their text (OCR) first"
_PART = 50  # pages in a row of a document that is too large for one
_LARGEST = 1_000_000  # bytes of one row
_TITLE = 120  # characters: a longer first line is no title
_NO_TITLE = re.compile(
    r"\A(?:untitled.*|(?:microsoft )?(?:word|powerpoint|excel) - .*|.*\.\w{2,5}|\W*)\Z", re.IGNORECASE
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells every blemish; what matters is a Rejected here


@dataclass
class _Read:
    """What was got out of the pages. bad: (number of the page, why it could not be read)."""

    pages: list[Lines] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    pictures: int = 0


def sniff(sample: Sample) -> bool:
    """The mark of a PDF, which readers look for in the first 1,024 bytes."""
    return sample.data.lstrip().startswith(b"%PDF-") or (not sample.text and b"%PDF-" in sample.data[:1024])


def read(source: Source) -> Iterator[Said | Rejected | Dropped]:
    """The document, in several rows where it is very large. Raises Unreadable where there are no words in it."""
    reader, count = _opened(source)
    found = _pages(reader, min(count, PAGES))
    if not any(any(lines) for lines in found.pages):
        raise Unreadable(source.path, _wordless(found))
    pages = without_edges(found.pages)
    yield from _rows(source, pages if any(map(any, pages)) else found.pages, _title(reader))
    for page in found.bad:
        yield Rejected(source.path, page, f"page {page} is damaged: save the PDF again, or its text as .txt")
    if found.pictures:
        yield Dropped(source.path, PICTURES, found.pictures)
    if count > PAGES:
        yield Rejected(source.path, PAGES + 1, f"more than {PAGES:,} pages: split it; those before were read")


def _opened(source: Source) -> tuple[PdfReader, int]:
    """The document and how many pages it has."""
    with source.file.open() as stream:
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise Unreadable(source.path, f"larger than {MOST >> 20} MB: split it")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):  # many may be read, though not changed, by everybody
            raise Unreadable(source.path, "locked with a password: save or print it as a PDF without one")
        return reader, len(reader.pages)
    except Unreadable:
        raise
    except DependencyError:
        raise Unreadable(
            source.path, "locked in a way that is not known: save it as a PDF without a password"
        ) from None
    except Exception as error:  # a damaged PDF makes pypdf raise whatever Python has
        told = " ".join(str(error).split())[:80] or type(error).__name__
        raise Unreadable(source.path, f"a damaged PDF ({told}): download or save it again") from None


def _pages(reader: PdfReader, count: int) -> _Read:
    found = _Read()
    for number in range(count):
        try:
            page = reader.pages[number]
            lines = [" ".join(line.split()) for line in page.extract_text().splitlines()]
            found.pictures += not any(lines) and _has_picture(page)
        except Exception:  # as above: it costs only the page
            found.bad.append(number + 1)
            lines = []
        found.pages.append(lines)
    return found


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    return resources is not None and bool(resources.get_object().get("/XObject"))


def _wordless(found: _Read) -> str:
    if len(found.bad) * 2 > len(found.pages):
        return "a damaged PDF (its pages cannot be read): download or save it again"
    return "it has no words, only pictures of them: recognise its text (OCR), as in `ocrmypdf old.pdf new.pdf`"


def _rows(source: Source, pages: Sequence[Lines], title: str | None) -> Iterator[Said | Rejected]:
    whole = text_of(pages)
    if len(whole.encode("utf-8", "replace")) <= _LARGEST:
        yield _said(source, source.stem, whole, title)
        return
    for number, begin in enumerate(range(0, len(pages), _PART), start=1):
        if text := text_of(pages[begin : begin + _PART]):
            yield _said(source, f"{source.stem}#{number}", text, title or _first_line(whole))


def _said(source: Source, name: str, text: str, title: str | None) -> Said | Rejected:
    try:
        # A font without a map of its letters gives halves of characters.
        words = clean(text.encode("utf-8", "replace").decode())
        return Said(name, words, title=title or _first_line(words))
    except BadRow as error:
        return Rejected(source.path, 0, str(error))


def _title(reader: PdfReader) -> str | None:
    """As its metadata have it, None where that is only the name of a file."""
    try:
        value = reader.metadata.title if reader.metadata else None
        title = " ".join(clean(value).split()) if isinstance(value, str) else ""
    except Exception:  # as above
        return None
    return None if _NO_TITLE.match(title) else title[:200]


def _first_line(text: str) -> str | None:
    first = text.split("\n", 1)[0].strip()
    return first if 0 < len(first) <= _TITLE else None


FORMAT = Format("pdf", HELP, sniff, read, (".pdf",))
