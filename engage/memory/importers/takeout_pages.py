"""YouTube's pages in older Google Takeouts (my-comments.html, my-live-chat-messages.html, until about 2022).

One list: `<li>` with links and the time in UTC, a line end, and the text. Layout: purarue/google_takeout_parser,
parse_html/comment.py, read 2026-11-27.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import parsed
from engage.memory.importers.rows import LONGEST_ID, BadRow, Rejected, Said, clean, date
from engage.models import Surface

HELP = "Older Google Takeouts' my-comments.html and my-live-chat-messages.html of YouTube: own comments and live chats"
_HEAD = 4000  # characters of an item before its text, at most
_WATCH = re.compile(r"https?://www\.youtube\.com/(?:watch\?|channel/|post/)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?: UTC|Z)")


def sniff(sample: Sample) -> bool:
    """The first item of the first list has a link to YouTube and a time before its first line end."""
    _, item, rest = sample.text.partition("<li>")
    before, end, _ = rest[:_HEAD].partition("<br")
    return bool(item and end and _WATCH.search(before) and _TIME.search(before))


def read(source: Source) -> Iterator[Said | Rejected]:
    """Every item with words. Raises Unreadable where it is no page."""
    root = parsed(source.text)
    if root is None:
        raise Unreadable(source.path, "not a page that can be read: request the export again")
    for place, item in enumerate(root.iter("li"), start=1):
        try:
            said = _said(item)
        except BadRow as error:
            yield Rejected(source.path, place, str(error))
            continue
        if said:
            yield said


def _said(item: Any) -> Said | None:
    end = next(iter(item.iterchildren("br")), None)
    before = "".join(item.itertext()) if end is None else "".join(_texts(item, end))
    stamp = _TIME.search(before)
    if end is None or stamp is None:
        raise BadRow("an item without a time and a text: request the export again")
    text = clean("".join(_after(end)))
    if not text:
        return None
    links = [link.get("href") or "" for link in item.iterchildren("a")]
    return _row(text, f"{stamp[1]}T{stamp[2]}Z", [link for link in links if _WATCH.match(link)])


def _row(text: str, moment: str, links: list[str]) -> Said:
    """A comment's link names it; a live chat's only names the video."""
    own = next((found for link in links for found in _query(link, "lc")), "")
    video = next((found for link in links for found in _query(link, "v")), "")
    key = own or hashlib.sha256("\n".join((video, moment, text)).encode()).hexdigest()[:20]
    if len(key) > LONGEST_ID - len("youtube:"):
        raise BadRow("its id is too long to be one: request the export again")
    surface = Surface.COMMENT if own else Surface.LIVE
    return Said(f"youtube:{clean(key)}", text, date(moment), None, links[0] if links else None, surface)


def _query(link: str, key: str) -> list[str]:
    try:
        return parse_qs(urlsplit(link).query).get(key, [])
    except ValueError:
        return []


def _texts(item: Any, end: Any) -> Iterator[str]:
    """What stands before the line end."""
    yield item.text or ""
    for child in item.iterchildren():
        if child is end:
            return
        yield f"{child.text_content()}{child.tail or ''}"


def _after(end: Any) -> Iterator[str]:
    """What stands behind the line end."""
    yield end.tail or ""
    for child in end.itersiblings():
        yield "\n" if child.tag == "br" else child.text_content()
        yield child.tail or ""


FORMAT = Format("youtube takeout pages", HELP, sniff, read, export=True)
