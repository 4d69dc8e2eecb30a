"""HTML as the text that a reader sees: paragraphs and lines are kept, links are whole, tags are gone. Pure."""

import re
from typing import Any

from lxml import etree, html

from engage.memory.importers.rows import BadRow, clean

_BLOCKS = frozenset(
    "p div blockquote pre ul ol dl table figure section article header footer main aside h1 h2 h3 h4 h5 h6".split()
)
_LINES = frozenset(("br", "li", "tr", "dt", "dd"))
# "quote-inline": a link for old clients; whoever shows quotes leaves it out (docs.joinmastodon.org/spec/activitypub).
_UNSEEN = frozenset("script style noscript template head svg iframe object audio video nav".split())
_QUOTE = "quote-inline"
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


def text_of(markup: str) -> str:
    """The words of a piece of HTML. Raises BadRow where a character is half of one."""
    root = parsed(f"<div>{markup}</div>")
    return "" if root is None else text_in(root)


def readable(words: str) -> str:
    """Words that may be markup, as they read; plain text as it is, with its lines. Raises BadRow."""
    return clean(text_of(words) if _MARKUP.search(words) else words)


def parsed(markup: str) -> Any:
    """The root element, None where there is none. Nothing is fetched, and broken markup is read as browsers do."""
    try:
        data = markup.encode()
    except UnicodeEncodeError:
        raise BadRow("a character is half of a surrogate pair: export the file again as UTF-8") from None
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def text_in(root: Any) -> str:
    """The words below an element."""
    parts: list[str] = []
    links: list[int] = []  # where in `parts` the text of an open link begins
    walk = etree.iterwalk(root, events=("start", "end"))  # not by calling itself: markup may be deep
    for event, element in walk:
        if event == "start" and _is_unseen(element):
            walk.skip_subtree()
        elif event == "start":
            _open(element, parts, links)
        else:
            if not _is_unseen(element):
                _close(element, parts, links)
            if element is not root:
                parts.append(_spaced(element.tail, element.getparent()))
    joined = re.sub(r"[ \t\f]*\n[ \t\f]*", "\n", "".join(parts))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\f]{2,}", " ", joined)).strip()


def whole_link(shown: str, address: str) -> str:
    """What a link reads as: its address where `shown` is only a shortened form of it, else what is shown."""
    begun = _SCHEME.sub("", shown.strip()).removesuffix("…").removesuffix("...").rstrip("/").casefold()
    whole = _SCHEME.sub("", address).casefold()
    return address if "." in begun and whole.startswith(begun) and _SCHEME.match(address) else shown


def _is_unseen(element: Any) -> bool:
    return element.tag in _UNSEEN or _QUOTE in (element.get("class") or "").split()


def _open(element: Any, parts: list[str], links: list[int]) -> None:
    if element.tag in _BLOCKS:
        parts.append("\n\n")
    elif element.tag in _LINES:
        parts.append("\n")
    elif element.tag == "a":
        links.append(len(parts))
    parts.append(_spaced(element.text, element))


def _close(element: Any, parts: list[str], links: list[int]) -> None:
    if element.tag in _BLOCKS:
        parts.append("\n\n")
    elif element.tag in ("td", "th"):
        parts.append(" ")
    elif element.tag == "a" and links:
        begin = links.pop()
        parts[begin:] = [whole_link("".join(parts[begin:]), (element.get("href") or "").strip())]


def _spaced(text: str | None, holder: Any) -> str:
    """Text of an element: line ends count only where it is preformatted."""
    if not text:
        return ""
    if holder is not None and holder.tag in ("pre", "textarea"):
        return text
    return re.sub(r"[ \t\r\n\f]+", " ", text)
