"""Written transcripts of interviews, podcasts and meetings, with the speaker's name before what they say."""

import re
from collections.abc import Collection, Iterator

from engage.memory.importers.content import Unreadable
from engage.memory.importers.exchanges import exchanges
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import Dropped, Pair, Rejected, Said
from engage.memory.importers.transcript_lines import begins, turns

HELP = "Transcripts (NAME: words, with or without times): what the creator was asked and answered, and what they told"
_FITS = 0.6  # share of lines, or of paragraphs, that begin with a name
_MOST = 6  # speakers
_FEWEST = 3  # turns
_AGAIN = 1.5  # turns of a speaker, in the mean: other words before colons seldom come again
_ABOVE = 6  # lines before the first turn
# Lines of "Q:" and "A:" are questions and answers that somebody wrote down: plain text knows them.
_DATA = re.compile(r"https?://\S+|[\d\s:./,+TZ-]+(?:UTC)?")
_NOBODY = frozenset("q a f question answer frage antwort pregunta respuesta domanda risposta pergunta resposta".split())


def sniff(sample: Sample) -> bool:
    """Most lines, or most paragraphs, begin with one of a few names that come again."""
    text = _body(sample.text if sample.whole else sample.text.rpartition("\n")[0])
    lines = [line for line in text.splitlines() if line.strip()]
    found = [begun for line in lines if (begun := begins(line))]
    names = {name for name, _ in found}
    if len(found) < _FEWEST or len(names) > _MOST or len(found) < len(names) * _AGAIN:
        return False
    if _are_questions(names) or any(_is_field(name, found) for name in names):
        return False
    paragraphs = [one.strip().splitlines()[0] for one in re.split(r"\n\s*\n", text) if one.strip()]
    fitting = sum(begins(first) is not None for first in paragraphs)
    return len(found) >= _FITS * len(lines) or (len(paragraphs) >= _FEWEST and fitting >= _FITS * len(paragraphs))


def read(source: Source) -> Iterator[Said | Pair | Rejected | Dropped]:
    """The creator's part. Raises Unreadable where nobody is known to be them."""
    found = [*turns(source.text)]
    if not found:
        raise Unreadable(source.path, "no line of it begins with a speaker's name, as in NAME: Hello")
    yield from exchanges(source, found)


def _body(text: str) -> str:
    """From the first turn on: a title and a few lines about the recording may come first, "" where more does."""
    lines = text.splitlines(keepends=True)
    words = 0
    for place, line in enumerate(lines):
        if begins(line):
            return "".join(lines[place:])
        words += bool(line.strip())
        if words > _ABOVE:
            break
    return ""


def _are_questions(names: Collection[str]) -> bool:
    return all(name.rstrip("0123456789. ").casefold() in _NOBODY for name in names)


def _is_field(name: str, found: Collection[tuple[str, str]]) -> bool:
    """Whether it is the name of a date, a number or an address in a list of records: nobody says only those."""
    said = [words for speaker, words in found if speaker == name and words]
    return bool(said) and all(_DATA.fullmatch(words) for words in said)


FORMAT = Format("transcript", HELP, sniff, read)
