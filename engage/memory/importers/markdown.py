"""Markdown: a page is one document; a heading that asks something, with its text below, is an FAQ entry."""

import hashlib
import re
from collections.abc import Iterator

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import BadRow, Faq, Rejected, Row, Said, clean, date

HELP = "Markdown: a page a document (front matter gives title and date); headings ending in a question mark are FAQ"


_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_MARKS = re.compile(r"^#{1,6}\s+\S|^```|^\s*[-*+]\s+\S|\[[^\]]+\]\([^)]+\)|\*\*\S", re.MULTILINE)
_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\(\s*[^)\s]+[^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`|~~)(?=\S)(.+?)(?<=\S)\1")
_LIST = re.compile(r"^\s*(?:[-*+]|\d+[.)]|>)\s+", re.MULTILINE)
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^>]*>", re.DOTALL)


def sniff(sample: Sample) -> bool:
    """Front matter, a heading, or at least two other marks of Markdown."""
    head = sample.text[:20_000]
    if _FRONT.match(head) or any(_HEADING.match(line) for line in head.splitlines()):
        return True
    return len(_MARKS.findall(head)) >= 2


def read(source: Source) -> Iterator[Row | Rejected]:
    """One Said for the page, and a Faq for every heading that asks something."""
    front, body = _front_matter(source.text.replace("\r\n", "\n"))
    name, said = source.stem, list[str]()
    title = front.get("title", "")
    try:
        for heading, content in sections(body):
            if heading.endswith(("?", "？", "؟")) and content:
                digest = hashlib.sha256(heading.encode()).hexdigest()[:12]
                yield Faq(f"{name}#{digest}", clean(heading), clean(content))
                continue
            title = title or heading
            said.append("\n\n".join(part for part in (heading if heading != title else "", content) if part))
        if whole := clean("\n\n".join(part for part in said if part)):
            yield Said(name, whole, date(front.get("date")), clean(title) or None)
    except BadRow as error:
        yield Rejected(source.path, 0, str(error))


def sections(body: str) -> Iterator[tuple[str, str]]:
    """(heading without marks, plain text below it), in order; the first heading may be empty."""
    heading, lines = "", list[str]()
    for line in _FENCE.sub("", body).split("\n"):
        if found := _HEADING.match(line):
            if heading or lines:
                yield heading, plain("\n".join(lines))
            heading, lines = plain(found[1]), []
        else:
            lines.append(line)
    yield heading, plain("\n".join(lines))


def plain(marked: str) -> str:
    """Markdown's text without its marks; code blocks and pictures carry no words of the creator's."""
    text = _TAG.sub("", _LINK.sub(r"\1", marked))
    for _ in range(2):  # bold around italic
        text = _EMPHASIS.sub(r"\2", text)
    return re.sub(r"\n{3,}", "\n\n", _LIST.sub("", text)).strip()


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    found = _FRONT.match(text)
    if not found:
        return {}, text
    pairs = (line.split(":", 1) for line in found[1].split("\n") if ":" in line and not line.startswith((" ", "#")))
    return {key.strip().lower(): value.strip().strip("\"'") for key, value in pairs}, text[found.end() :]


FORMAT = Format("markdown", HELP, sniff, read, (".md", ".markdown"))
