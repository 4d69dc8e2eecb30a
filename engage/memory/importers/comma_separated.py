"""CSV and TSV with a header line naming the same fields as JSON Lines."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import BadRow, Rejected, Row, read_row

HELP = "CSV or TSV with a header of the same field names; without an id column the id comes from the row's content"

FIELDS = frozenset(
    ("id", "text", "date", "title", "source", "question", "reply", "answer", "asker", "name", "price", "url")
)
_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 10_000_000


def sniff(sample: Sample) -> bool:
    """The first line is a header: known names, enough of them to make a row."""
    return _delimiter(sample.text) is not None


def read(source: Source) -> Iterator[Row | Rejected]:
    """Every row, or why its line is none."""
    csv.field_size_limit(_LONGEST_FIELD)
    text, path = source.text, source.path
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text) or ",")
    header = [cell.strip().lower() for cell in next(reader)]
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejected(path, start, f"not CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield _row(header, cells, path, start)


def _row(header: list[str], cells: list[str], path: str, line: int) -> Row | Rejected:
    if len(cells) > len(header):
        return Rejected(
            path, line, f"{len(cells)} cells under {len(header)} headings: quote texts that hold a delimiter"
        )
    fields = {key: cell for key, cell in zip(header, cells, strict=False) if cell.strip()}
    try:
        return read_row(fields if "id" in header else {**fields, "id": _content_id(fields)})
    except BadRow as error:
        return Rejected(path, line, str(error))


def _content_id(fields: Mapping[str, str]) -> str:
    content = "\x1f".join(f"{key}={fields[key]}" for key in sorted(fields))
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _delimiter(text: str) -> str | None:
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    for delimiter in _DELIMITERS:
        names = {cell.strip().strip('"').lower() for cell in first.split(delimiter)}
        if _makes_a_row(names) and (len(names) > 1 or names == {"text"}):
            return delimiter
    return None


def _makes_a_row(names: set[str]) -> bool:
    return "text" in names or ("question" in names and bool(names & {"reply", "answer"}))


FORMAT = Format("csv", HELP, sniff, read, (".csv", ".tsv"))
