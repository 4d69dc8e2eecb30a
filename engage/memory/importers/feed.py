"""RSS, Atom and JSON Feed: blogs, newsletters, podcasts' show notes, and what WordPress and Blogger export."""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from engage.memory.importers.content import MOST, Unreadable, head_text
from engage.memory.importers.feed_entries import Entry, Feed, Kind, of_json, of_xml
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import readable
from engage.memory.importers.rows import LONGEST_ID, OTHERS, BadRow, Dropped, Rejected, Said, clean

HELP = "Feeds (RSS, Atom, JSON Feed, podcasts): an entry a document, with its title, link and date"

_PROLOGUE = re.compile(r"\s*(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)\s*)*", re.DOTALL)
_ROOT = re.compile(r"<rss[\s>]|<(?:\w+:)?feed\s[^>]*//www\.w3\.org/2005/Atom|<rdf:RDF\s[^>]*//purl\.org/rss/1\.0/")
_JSON_FEED = re.compile(r'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version\\?/1')
_GLOBAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def sniff(sample: Sample) -> bool:
    """The root element is one of a feed, or JSON says that it is one."""
    return _is_json(sample.text) or _ROOT.match(sample.text, _begin(sample.text)) is not None


def read(source: Source) -> Iterator[Said | Rejected | Dropped]:
    """Every published entry. Raises Unreadable where there is none that can be read."""
    feed = _feed(source)
    if feed.broken and not feed.entries:
        raise Unreadable(source.path, f"not a feed that can be read: {feed.broken}: download it again")
    for number, entry in enumerate(feed.entries, start=1):
        try:
            if said := _said(entry, feed.home, source.stem):
                yield said
        except BadRow as error:
            yield Rejected(source.path, number, str(error))
    if others := sum(1 for entry in feed.entries if entry and entry.kind is Kind.COMMENT):
        yield Dropped(source.path, OTHERS, others)
    if feed.broken:
        yield Rejected(source.path, 0, f"{feed.broken}: download it again")


def _feed(source: Source) -> Feed:
    head = head_text(source.file.head())
    if _is_json(head):
        return of_json(source.json())
    if "<!ENTITY" in head[: _begin(head)]:
        raise Unreadable(source.path, "it declares entities of its own, as no feed needs to: save it without them")
    with source.file.open() as stream:
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise Unreadable(source.path, f"larger than {MOST >> 20} MB: split it")
    return of_xml(data)


def _said(entry: Entry | None, home: str, stem: str) -> Said | None:
    """None where it was not published or has no words. Raises BadRow."""
    if entry is None:
        raise BadRow("not an entry: download the feed again")
    if entry.kind is not Kind.PUBLISHED:
        return None
    title = readable(entry.title).replace("\n", " ")
    text = max((readable(one) for one in entry.texts), key=len, default="")  # a summary may be all there is
    if not text and not title:
        return None
    link = urljoin(home, entry.link.strip()) if entry.link else ""
    url = clean(link) if link.startswith(("http://", "https://")) else None
    return Said(_id(entry, home or stem, url), text or title, entry.said_at, title if text and title else None, url)


def _id(entry: Entry, home: str, url: str | None) -> str:
    """The feed's own id; with the site before it where it is no more than a number."""
    own = clean(entry.id) or url or ""
    if not own:
        content = "\x1f".join((home, entry.title, str(entry.said_at), *entry.texts))
        return f"feed:{hashlib.sha256(content.encode()).hexdigest()[:20]}"
    full = f"feed:{own}" if _GLOBAL.match(own) else f"feed:{urlsplit(home).hostname or home}:{own}"
    return full if len(full) <= LONGEST_ID else f"feed:{hashlib.sha256(full.encode()).hexdigest()[:20]}"


def _is_json(head: str) -> bool:
    return head.lstrip().startswith("{") and _JSON_FEED.search(head) is not None


def _begin(head: str) -> int:
    """Where the root element begins."""
    found = _PROLOGUE.match(head)
    return found.end() if found else 0


FORMAT = Format("feed", HELP, sniff, read)
