"""What is written into a repository: record keys, facets, replies. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from engage.errors import Malformed, Refused
from engage.models import Outgoing
from engage.triage.language import identify

POST = "app.bsky.feed.post"
PROFILE = "app.bsky.actor.profile"
THREADGATE = "app.bsky.feed.threadgate"

_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"  # in the order of their bytes: keys sort as their times do
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An address ends at a blank, at quotation marks, at the punctuation of scripts that set no blanks, and at characters
# nobody sees: those that turn the direction of a text, and the byte order mark. A server takes an address without
# anything behind its slashes for none, and then the whole post (`isValidUri` of @atproto/syntax).
_END = (
    r"\s<>\"\u00ab\u00bb\u060c\u061b\u061c\u061f\u200b\u200e\u200f\u2018\u201c-\u201f\u202a-\u202e\u2039\u203a\u2060\u2066-\u2069"
    r"\u3000-\u3003\u3008-\u3011\u3014-\u301b\ufeff\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
)
_LINK = re.compile(rf"https?://[^{_END}/][^{_END}]*", re.IGNORECASE)
_OWN_ENDS = "/#%&@"  # punctuation that an address may end with
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SURE = 0.75  # of a language, from which it is named
_HANDLE = re.compile(r"(?<![\w.@/])@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")


def tid(at: datetime, salt: str = "") -> str:
    """A record key of the moment `at` (https://atproto.com/specs/tid): 53 bits of microseconds, 10 of a clock's id.

    salt: what tells keys of the same moment apart, as replies that are claimed at once share theirs; with it the same
    call gives the same key. It moves the key by less than a second: of a billion places each reply has one.
    """
    number = int.from_bytes(sha256(salt.encode()).digest()[:8]) if salt else 0
    micros = (at - _EPOCH) // timedelta(milliseconds=1) * 1000 + number % 1_000_000
    value = micros << 10 | number // 1_000_000 % 1024
    return "".join(_LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


def tid_time(key: str) -> float:
    """The seconds since 1970 that a record key names; 0 where it is none of that kind."""
    if not _TID.fullmatch(key):
        return 0.0
    value = 0
    for letter in key:
        value = value << 5 | _LETTERS.index(letter)
    return (value >> 10) / 1e6


def key_of(reply: Outgoing) -> str:
    """The key under which every attempt of `reply` writes: a second one finds the first."""
    return tid(_moment(reply), reply.idempotency_key)


def post(reply: Outgoing, parent: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a reply to `parent`, a postView. The same for every attempt. Raises Malformed."""
    record = {"$type": POST, "text": reply.text, "reply": _refs(parent), "createdAt": iso(_moment(reply))}
    found, langs = facets(reply.text, *_named(parent)), _langs(reply.text)
    return {**record, **({"facets": found} if found else {}), **({"langs": langs} if langs else {})}


def _langs(text: str) -> list[str]:
    """The language of a text that leaves little doubt: one wrongly named hides it from all who read another."""
    guess = identify(text)
    return [guess.language] if guess.confidence >= _SURE else []


def weigh(text: str, most: int) -> None:
    """Raises Refused where a text has more bytes than `most`: a few families of emoji are heavier than words."""
    if (weight := len(text.encode())) > most:
        raise Refused(f"the reply has {weight:,} bytes, and Bluesky takes {most:,}")


def facets(text: str, handle: str = "", did: str = "") -> list[dict[str, Any]]:
    """Links, and the handle of the one who is answered, by their place in the UTF-8 bytes.

    Nobody else's handle becomes a mention: it would notify somebody who did not ask.
    """
    links = _links(text)
    found = [_facet(text, *link, {"$type": "app.bsky.richtext.facet#link", "uri": link[2]}) for link in links]
    for match in _HANDLE.finditer(text):
        inside = any(start <= match.start() < end for start, end, _ in links)
        if did and not inside and match[1].lower() == handle.lower():
            mention = {"$type": "app.bsky.richtext.facet#mention", "did": did}
            found.append(_facet(text, match.start(), match.end(), match[0], mention))
    return found


def parts(uri: str) -> tuple[str, str, str]:
    """Repository, collection and key of an at-uri. Raises Malformed."""
    names = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://") or len(names) != 3 or not all(names):
        raise Malformed(f"uri: expected at://repository/collection/key, not {uri[:80]!r}")
    return names[0], names[1], names[2]


def owner(uri: str) -> str:
    """Whose repository an at-uri names; '' where it is none."""
    return uri.removeprefix("at://").split("/")[0] if uri.startswith("at://") else ""


def iso(at: datetime) -> str:
    """A time as records hold it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(reply: Outgoing) -> datetime:
    return reply.first_sent_at or datetime.now(UTC)  # without one there was no earlier attempt


def _refs(parent: Mapping[str, Any]) -> dict[str, Any]:
    this = {"uri": parent["uri"], "cid": parent["cid"]}
    match parent.get("record"):
        case {"reply": {"root": {"uri": str(uri), "cid": str(cid)}}}:
            return {"root": {"uri": uri, "cid": cid}, "parent": this}
    return {"root": this, "parent": this}


def _named(parent: Mapping[str, Any]) -> tuple[str, str]:
    match parent.get("author"):
        case {"handle": str(handle), "did": str(did)}:
            return handle, did
    return "", ""


def _links(text: str) -> list[tuple[int, int, str]]:
    """Where a link begins and ends, without the punctuation of the sentence around it."""
    found = []
    for match in _LINK.finditer(text):
        url = match[0]
        while _is_around(url):
            url = url[:-1]
        if not url.endswith("://"):
            found.append((match.start(), match.start() + len(url), url))
    return found


def _is_around(url: str) -> bool:
    """Whether the last character is of the sentence: punctuation of any script, or a bracket that was opened before."""
    last = url[-1]
    if last in _PAIRS:
        return url.count(last) > url.count(_PAIRS[last])
    return last not in _OWN_ENDS and unicodedata.category(last) in ("Po", "Pi", "Pf", "Cf")


def _facet(text: str, start: int, end: int, shown: str, feature: dict[str, str]) -> dict[str, Any]:
    begins = len(text[:start].encode())
    return {"index": {"byteStart": begins, "byteEnd": begins + len(shown.encode())}, "features": [feature]}
