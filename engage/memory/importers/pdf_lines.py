"""The lines of a PDF's pages as running text: no headers, footers and page numbers, paragraphs whole. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import quantiles

_EDGE = 2  # lines at the head and at the foot of a page that may be no part of its text
_PAGES = 3  # that have to carry the same line
_SHORT = 0.75  # of a full line: one that ends a sentence there ends the paragraph
_TITLE = 0.6  # of a full line: one that short stands by itself
_LONGEST = 100  # characters of a word
_NUMBER = re.compile(r"\d+")
_NUMBERED = re.compile(
    r"(?:page|seite|p\.|pág\.?|página|pagina|strona|стр\.?|sayfa|第)?[\W_]*#(?:\W+|\W*\w{1,3}\W*)#?\W*"
)
_ENDED = re.compile(r"[.!?:;…。！？؟][\"'”’»)\]]*\Z")
_POINT = re.compile(r"(?:[•◦▪‣●·*–—-]|\(?\d{1,2}[.)]|[a-z]\))\s")
_BROKEN = re.compile(r"(\w+)[-\u00ad\u2010]\Z")
_WORD = re.compile(r"\w+")
_HYPHENATED = re.compile(r"\w+-\w+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uff60]")
_BREAK = "\n\n"  # between paragraphs

Lines = Sequence[str]  # of a page, "" where there is a blank one


def without_edges(pages: Sequence[Lines]) -> list[Lines]:
    """The pages without what most of them repeat at head or foot; left and right ones may repeat different lines."""
    repeated: set[tuple[int, bool, str]] = set()
    for side in (0, 1):
        found = Counter(key for page in range(side, len(pages), 2) for _, key in _edges(pages[page], page))
        count = len(range(side, len(pages), 2))
        repeated |= {(side, *key) for key, times in found.items() if times >= _PAGES and times * 2 > count}
    if len(pages) < 2 * _PAGES:  # too few of each side to tell: both together
        found = Counter(key for page, lines in enumerate(pages) for _, key in _edges(lines, page))
        common = [key for key, times in found.items() if times >= _PAGES and times * 2 > len(pages)]
        repeated |= {(side, *key) for key in common for side in (0, 1)}
    return [_cut(lines, page, repeated) for page, lines in enumerate(pages)]


def text_of(pages: Sequence[Lines]) -> str:
    """Pages as one text: paragraphs over page ends are whole, and words over line ends are."""
    known = {found for lines in pages for line in lines if "-" in line for found in _hyphenated(line)}
    parts: list[str] = []
    before = ""
    for lines in pages:
        full = _full(lines)
        for line in lines:
            _add(parts, before, line, full, known)
            before = line or before
    return "".join(parts).strip()


def _hyphenated(line: str) -> Iterator[str]:
    """Its words with a hyphen, in lower case."""
    for word in line.casefold().split():
        if "-" in word and len(word) <= _LONGEST:
            yield from _HYPHENATED.findall(word)


def _edges(lines: Lines, page: int) -> Iterator[tuple[int, tuple[bool, str]]]:
    """(place, (whether at the foot, how it reads on any page)) of the lines that may be a header or a footer."""
    filled = [place for place, line in enumerate(lines) if line]
    for place in filled[:_EDGE]:
        yield place, (False, _alike(lines[place], page, foot=False))
    for place in filled[_EDGE:][-_EDGE:]:
        yield place, (True, _alike(lines[place], page, foot=True))


def _alike(line: str, page: int, *, foot: bool) -> str:
    """A line as it reads on every page: its page number as how far that is from the page's place.

    "Tip 7" on the seventh page is a heading far more often than a header, "The spoke book 7" is none.
    """
    numbers = [int(one) for one in _NUMBER.findall(line) if len(one) < 7]
    masked = _NUMBER.sub("#", line).casefold()
    if not numbers:
        return line.casefold()
    if _NUMBERED.fullmatch(masked):
        return "#"
    words = _WORD.findall(masked.replace("#", " "))
    if "#" in (masked[0], masked[-1]) and (foot or len(words) > 1):
        return f"{masked} {numbers[0 if masked[0] == '#' else -1] - page}"
    return line.casefold()


def _cut(lines: Lines, page: int, repeated: set[tuple[int, bool, str]]) -> Lines:
    gone = {place for place, key in _edges(lines, page) if (page % 2, *key) in repeated}
    return [line for place, line in enumerate(lines) if place not in gone]


def _full(lines: Lines) -> float:
    """How many characters a full line of a page has."""
    lengths = [len(line) for line in lines if line]
    return quantiles(lengths, n=5)[-1] if len(lengths) > 1 else 0


def _add(parts: list[str], before: str, line: str, full: float, known: set[str]) -> None:
    """One more line. before: the last one that was not blank."""
    if not line:
        # Between pages a blank line comes from nowhere in the text: it ends a paragraph only where a sentence ends.
        if parts and parts[-1] != _BREAK and _ENDED.search(before):
            parts.append(_BREAK)
    elif not parts or parts[-1] == _BREAK:
        parts.append(line)
    elif (broken := _BROKEN.search(before[-_LONGEST:])) and line[0].islower() and (begin := _WORD.match(line)):
        whole = f"{broken[1]}-{begin[0]}".casefold()
        if before[-1] != "-" or whole not in known:
            parts[-1] = parts[-1][:-1]
        parts.append(line)
    else:
        parts += [_between(before, line, full), line]


def _between(before: str, line: str, full: float) -> str:
    """What stands between two lines."""
    if _POINT.match(line):
        return "\n"
    if _ENDED.search(before) and len(before) < full * _SHORT:
        return _BREAK
    if not line[0].islower() and len(before) < full * _TITLE and before[-1] not in ",-":
        return _BREAK
    return "" if _WIDE.match(line[0]) and _WIDE.match(before[-1]) else " "
