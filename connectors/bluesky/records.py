"""What is written into a repository: record keys, facets, replies. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from engage.errors import Malformed
from engage.models import Outgoing

POST = "app.bsky.feed.post"
PROFILE = "app.bsky.actor.profile"
THREADGATE = "app.bsky.feed.threadgate"

_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"  # in the order of their bytes: keys sort as their times do
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.@/])@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")


def tid(at: datetime, salt: str = "") -> str:
    """A record key of the moment `at` (https://atproto.com/specs/tid): 53 bits of microseconds, 10 of a clock's id.

    salt: what tells keys of the same millisecond apart; with it the same call gives the same key.
    """
    number = int.from_bytes(sha256(salt.encode()).digest()[:4]) if salt else 0
    micros = (at - _EPOCH) // timedelta(milliseconds=1) * 1000 + number % 1000
    value = micros << 10 | number // 1000 % 1024
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
    found = facets(reply.text, *_named(parent))
    return {**record, "facets": found} if found else record


def facets(text: str, handle: str = "", did: str = "") -> list[dict[str, Any]]:
    """Links, and the handle of the one who is answered, by their place in the UTF-8 bytes.

    Nobody else's handle becomes a mention: it would notify somebody who did not ask.
    """
    found = [_facet(text, *link, {"$type": "app.bsky.richtext.facet#link", "uri": link[2]}) for link in _links(text)]
    for match in _HANDLE.finditer(text):
        if did and match[1].lower() == handle.lower():
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
        url = match[0].rstrip(".,;:!?'\u2026")
        if url.endswith(")") and "(" not in url:
            url = url[:-1]
        found.append((match.start(), match.start() + len(url), url))
    return found


def _facet(text: str, start: int, end: int, shown: str, feature: dict[str, str]) -> dict[str, Any]:
    begins = len(text[:start].encode())
    return {"index": {"byteStart": begins, "byteEnd": begins + len(shown.encode())}, "features": [feature]}
