"""A Bluesky account's repository: the CAR file that the app hands out, or the answer of `listRecords` as JSON.

Layout: https://atproto.com/specs/repository (commit, tree) and the lexicons app.bsky.feed.post, app.bsky.richtext.facet
and com.atproto.repo.listRecords, read 2026-11-26. Likes, reposts and follows hold no words.
"""

import re
from collections.abc import Iterator
from typing import Any

import libipld

from engage.memory.importers.bluesky_tree import records
from engage.memory.importers.content import MOST, Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import whole_link
from engage.memory.importers.rows import LONGEST_ID, BadRow, Rejected, Said, clean, date
from engage.models import Surface

POST = "app.bsky.feed.post"
LINK = "app.bsky.richtext.facet#link"

CAR_HELP = "Bluesky's repository (CAR): posts, and replies to other people"
JSON_HELP = 'Bluesky\'s records as JSON ({"records": [{"uri", "cid", "value"}]}): posts, and replies to other people'

_LISTED = re.compile(rf'"uri"\s*:\s*"at://did:[^"/]+/{re.escape(POST)}/')
_VALUES = re.compile(r'"records"\s*:\s*\[\s*\{')
_PLACE = re.compile(rf"at://(did:[a-z0-9]+:[\w.:%-]+)/{re.escape(POST)}/([\w.~:-]+)")


def sniff_car(sample: Sample) -> bool:
    """The header of a CAR: its length, then a map of roots and version 1 (https://ipld.io/specs/transport/car/carv1/)."""
    return b"\xa2eroots\x81" in sample.data[:12] and b"gversion\x01" in sample.data[:100]


def sniff_json(sample: Sample) -> bool:
    """An object with a list of records, the first ones posts."""
    head = sample.text
    return head.lstrip().startswith("{") and bool(_VALUES.search(head) and _LISTED.search(head))


def read_car(source: Source) -> Iterator[Said | Rejected]:
    """Every post of the repository. Raises Unreadable where it is damaged or none of an account."""
    if source.file.size > MOST:
        raise Unreadable(source.path, f"larger than {MOST >> 20} MB: download it again without pictures")
    with source.file.open() as stream:
        data = stream.read()
    try:
        header, blocks = libipld.decode_car(data)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Unreadable(source.path, f"not a whole CAR file ({error}): download it again") from None
    did, found = records(header, blocks, f"{POST}/", source.path)
    for number, (key, value) in enumerate(found, start=1):
        yield from _rows(f"at://{did}/{key}", value, source.path, number)


def read_json(source: Source) -> Iterator[Said | Rejected]:
    """Every post that is listed."""
    whole = source.json()
    listed = whole.get("records") if isinstance(whole, dict) else None
    if not isinstance(listed, list):
        raise Unreadable(source.path, "no list of records: save the answer of listRecords again")
    for number, record in enumerate(listed, start=1):
        uri, value = (record.get("uri"), record.get("value")) if isinstance(record, dict) else (None, None)
        if isinstance(value, dict) and value.get("$type") not in (None, POST):
            continue
        yield from _rows(uri, value, source.path, number)


def _rows(uri: Any, value: Any, path: str, number: int) -> Iterator[Said | Rejected]:
    """A post; none where it is only pictures."""
    try:
        if said := _said(uri, value):
            yield said
    except BadRow as error:
        yield Rejected(path, number, str(error))


def _said(uri: Any, post: Any) -> Said | None:
    """Raises BadRow."""
    place = _PLACE.fullmatch(uri) if isinstance(uri, str) else None
    if place is None or len(place[0]) > LONGEST_ID - len("bluesky:"):
        raise BadRow(f"{str(uri)[:60]!r} is not the address of a post: download the records again")
    if not isinstance(post, dict) or not isinstance(text := post.get("text"), str):
        raise BadRow("a post without text: download the records again")
    if not (words := clean(_with_links(text, post.get("facets")))):
        return None
    did, key = place[1], place[2]
    surface = Surface.COMMENT if _answers_others(post.get("reply"), did) else None
    created = post.get("createdAt")
    said_at = date(created) if isinstance(created, str) else None
    url = f"https://bsky.app/profile/{did}/post/{key}"
    return Said(f"bluesky:{place[0]}", words, said_at, None, url, surface)


def _answers_others(reply: Any, did: str) -> bool:
    parent = reply.get("parent") if isinstance(reply, dict) else None
    uri = parent.get("uri") if isinstance(parent, dict) else None
    return isinstance(uri, str) and not uri.startswith(f"at://{did}/")


def _with_links(text: str, facets: Any) -> str:
    """The text with whole addresses where it shows shortened ones. Places are counted in bytes of UTF-8."""
    data = text.encode("utf-8", "surrogatepass")
    end = len(data)
    for start, stop, address in sorted(_links(facets), reverse=True):  # from the back, so that places stay right
        if not 0 <= start < stop <= end:
            continue
        shown = data[start:stop].decode("utf-8", "replace")
        data = data[:start] + whole_link(shown, address).encode("utf-8", "surrogatepass") + data[stop:]
        end = start
    return data.decode("utf-8", "surrogatepass")


def _links(facets: Any) -> Iterator[tuple[int, int, str]]:
    for facet in facets if isinstance(facets, list) else ():
        match facet:
            case {"index": {"byteStart": int(start), "byteEnd": int(stop)}, "features": list(features)}:
                addresses = (one.get("uri") for one in features if isinstance(one, dict) and one.get("$type") == LINK)
                yield from ((start, stop, one) for one in addresses if isinstance(one, str))


CAR = Format("bluesky-car", CAR_HELP, sniff_car, read_car, export=True)
JSON = Format("bluesky-json", JSON_HELP, sniff_json, read_json, export=True)
