"""Plain text: a file is one document; lines of `Q:` and `A:` are past answers."""

import hashlib
import re
from collections.abc import Iterator

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import BadRow, Faq, Rejected, Row, Said, clean

HELP = "Plain text: a file a document; where it is written as Q: … A: …, each pair is an FAQ entry"


_ANSWERED = re.compile(
    r"^Q\s*[:.]\s*(.+?)\n+A\s*[:.]\s*(.+?)(?=^Q\s*[:.]|\Z)", re.DOTALL | re.MULTILINE | re.IGNORECASE
)


def sniff(sample: Sample) -> bool:
    """Anything that is text."""
    return bool(sample.text.strip())


def read(source: Source) -> Iterator[Row | Rejected]:
    """The file as one Said, or its questions and answers."""
    name, body = source.stem, source.text.replace("\r\n", "\n")
    try:
        answered = [(clean(question), clean(answer)) for question, answer in _ANSWERED.findall(body)]
        if len(answered) < 2:
            yield Said(name, clean(body))
            return
        for question, answer in answered:
            yield Faq(f"{name}#{hashlib.sha256(question.encode()).hexdigest()[:12]}", question, answer)
        if rest := clean(_ANSWERED.sub("", body)):
            yield Said(name, rest)
    except BadRow as error:
        yield Rejected(source.path, 0, str(error))


FORMAT = Format("text", HELP, sniff, read, (".txt", ".text"))
