"""Google Merchant's XML: RSS 2.0 or Atom with the namespace http://base.google.com/ns/1.0, as shops publish it.

Layout: support.google.com/merchants/answer/14987622 (RSS 2.0) and 14990811 (Atom), read 2026-11-27.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from engage.memory.importers import feed
from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.product_columns import heading
from engage.memory.importers.product_offers import google
from engage.memory.importers.products import Products
from engage.memory.importers.rows import BadRow, Dropped, Product, Rejected

HELP = "Product feeds (Google Merchant's RSS and Atom): variants are one product"
_GOOGLE = "{http://base.google.com/ns/1.0}"
_ROOT = re.compile(
    r"<(?:\w+:)?(?:rss|feed)\b[^>]*?\bxmlns:(\w+)\s*=\s*[\"']http://base\.google\.com/ns/1\.0/?[\"'][^>]*>",
    re.IGNORECASE,
)
_BROKEN = (ParseError, DefusedXmlException, ValueError, LookupError)  # the last: an encoding that nobody knows


def sniff(sample: Sample) -> bool:
    """A feed with that namespace in its root, and something with a price or an id of it."""
    root = _ROOT.search(sample.text[:20_000]) if feed.sniff(sample) else None
    return root is not None and re.search(rf"<{root[1]}:(?:price|id)\s*>", sample.text[root.end() :]) is not None


def read(source: Source) -> Iterator[Product | Rejected | Dropped]:
    """Every product, also of a feed that breaks off. Raises Unreadable where there is none in it."""
    products, broken, number = Products("merchant"), "", 0
    with closing(_items(source)) as items:
        while True:
            try:
                number, fields = next(items)
                google(products, fields)
            except StopIteration:
                break
            except BadRow as error:
                yield Rejected(source.path, number, str(error))
            except _BROKEN as error:
                broken = _told(error)
                break
    if broken and not number:
        raise Unreadable(source.path, f"not a feed that can be read ({broken}): download it again")
    yield from products.rows(source.path)
    if broken:
        yield Rejected(source.path, number + 1, f"not XML from here on ({broken}): download it again")


def _items(source: Source) -> Generator[tuple[int, dict[str, str]], None, None]:
    """(1 for the first, its fields) of every item; only one is in memory at a time."""
    number = 0
    with source.file.open() as stream:
        opened: list[Any] = []
        for event, element in iterparse(stream, events=("start", "end")):
            if event == "start":
                opened.append(element)
                continue
            opened.pop()
            if _local(element.tag) in ("item", "entry"):
                number += 1
                fields = _fields(element)
                if opened:
                    opened[-1].clear()  # else the tree grows with the feed
                yield number, fields


def _fields(item: Any) -> dict[str, str]:
    """What Google's names say goes before what RSS and Atom say."""
    fields: dict[str, str] = {}
    for child in item:
        name = heading(_local(child.tag))
        value = (child.text or "").strip() or (child.get("href") or "").strip()
        if value and (str(child.tag).startswith(_GOOGLE) or name not in fields):
            fields["description" if name in ("summary", "content") else name] = value
    return fields


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _told(error: Exception) -> str:
    if isinstance(error, DefusedXmlException):
        return "it declares entities of its own"
    return str(error).splitlines()[0][:80] if str(error) else "broken off"


FORMAT = Format("product feed", HELP, sniff, read)
