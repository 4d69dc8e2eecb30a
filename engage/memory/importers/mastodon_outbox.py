"""The archive of a Mastodon account: outbox.json with all its statuses, actor.json beside it says whose they are.

Layout: mastodon/mastodon, app/services/backup_service.rb and ActivityPub serializers, read 2026-11-26; audiences as in
https://docs.joinmastodon.org/spec/activitypub. The statuses that were answered are not in it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import ijson

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import text_of
from engage.memory.importers.json_stream import whole
from engage.memory.importers.rows import LONGEST_ID, OTHERS, BadRow, Dropped, Private, Rejected, Said, clean, date
from engage.models import Surface

HELP = "Mastodon's archive (outbox.json): posts and replies; direct and followers-only ones teach the voice only"

_PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
_WRITTEN = frozenset(("Note", "Article", "Question"))
_STREAMS = '"https://www.w3.org/ns/activitystreams"'
_COLLECTION = re.compile(r'"type"\s*:\s*"OrderedCollection"')
_ITEMS = re.compile(r'"orderedItems"\s*:\s*\[\s*\{')
_ACTIVITY = re.compile(r'"type"\s*:\s*"(?:Create|Announce)"')
_NOTHING = re.compile(r'"id"\s*:\s*"outbox\.json".*"orderedItems"\s*:\s*\[\s*\]', re.DOTALL)
_CALLED = re.compile(r"(?:@[\w.-]+(?:@[\w.-]*\w)?[:,]?\s*)+")


def sniff(sample: Sample) -> bool:
    """A collection of what an account did; likes and bookmarks are collections of bare addresses."""
    head = sample.text
    if not head.lstrip().startswith("{") or _STREAMS not in head or not _COLLECTION.search(head):
        return False
    return bool((_ITEMS.search(head) and _ACTIVITY.search(head)) or _NOTHING.search(head))


def read(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """Every status of the account; boosts are other people's words. Raises Unreadable where the file breaks off."""
    owner, others = _owner(source), 0
    for number, activity in enumerate(_activities(source), start=1):
        try:
            if not isinstance(activity, dict):
                raise BadRow("not an activity: export the archive again")
            if activity.get("type") == "Announce":
                others += not _is_own(activity.get("object"), owner or activity.get("actor"))
            elif activity.get("type") == "Create" and (row := _status(activity, owner)):
                yield row
        except BadRow as error:
            yield Rejected(source.path, number, str(error))
    if others:
        yield Dropped(source.path, OTHERS, others)


def _activities(source: Source) -> Iterator[Any]:
    with source.file.open() as stream, whole(source.path):
        yield from ijson.items(stream, "orderedItems.item", use_float=True)


def _owner(source: Source) -> str:
    """The account's address, "" where no actor.json tells it."""
    for file in source.export.beside(source.file):
        if file.name.casefold().endswith("actor.json"):
            try:
                actor = Source(file, source.export).json()
            except Unreadable:
                return ""
            return _text(actor.get("id")) if isinstance(actor, dict) else ""
    return ""


def _status(activity: Mapping[str, Any], owner: str) -> Said | Private | None:
    """One status, None where it has no words. Raises BadRow."""
    note = activity.get("object")
    if not isinstance(note, dict):
        raise BadRow("a status without content: export the archive again")
    if _text(note.get("type")) not in _WRITTEN:
        return None
    author = _text(note.get("attributedTo")) or _text(activity.get("actor"))
    if owner and author and author != owner:
        raise BadRow(f"written by {author}, and the archive is of {owner}")
    answers = _text(note.get("inReplyTo"))
    public = bool(_PUBLIC & {*_list(note, activity, "to"), *_list(note, activity, "cc")})
    words = clean(text_of(_words(note)))
    if answers or not public:
        words = _CALLED.sub("", words, count=1) if _CALLED.match(words) else words
    if not words:
        return None
    said_at = date(_text(note.get("published")) or _text(activity.get("published")))
    if not public:
        return Private(_id(note), words, said_at)
    surface = Surface.COMMENT if answers and not _is_own(answers, owner or author) else None
    return Said(_id(note), words, said_at, _title(note), _url(note), surface)


def _words(note: Mapping[str, Any]) -> str:
    """Its HTML; of a poll the choices too."""
    content = note.get("content")
    if not isinstance(content, str):
        raise BadRow("content must be a text")
    choices = [
        one.get("name") for kind in ("oneOf", "anyOf") for one in _items(note.get(kind)) if isinstance(one, dict)
    ]
    items = "".join(f"<li>{one.replace('&', '&amp;').replace('<', '&lt;')}" for one in choices if isinstance(one, str))
    return f"{content}<ul>{items}</ul>" if items else content


def _title(note: Mapping[str, Any]) -> str | None:
    """The name of an article, or what a status is folded behind."""
    return clean(text_of(_text(note.get("name")) or _text(note.get("summary")))) or None


def _id(note: Mapping[str, Any]) -> str:
    if not (address := _text(note.get("id"))):
        raise BadRow("a status without its id: export the archive again")
    full = f"mastodon:{clean(address)}"
    return full if len(full) <= LONGEST_ID else f"mastodon:{hashlib.sha256(full.encode()).hexdigest()[:20]}"


def _url(note: Mapping[str, Any]) -> str | None:
    address = _text(note.get("url")) or _text(note.get("id"))
    return clean(address) if address.startswith(("https://", "http://")) else None


def _is_own(address: Any, account: Any) -> bool:
    return isinstance(address, str) and isinstance(account, str) and bool(account) and address.startswith(f"{account}/")


def _list(note: Mapping[str, Any], activity: Mapping[str, Any], key: str) -> list[str]:
    """Who it was addressed to: one name or several; as the activity says where the status does not."""
    return [one for one in _items(note.get(key) or activity.get(key)) if isinstance(one, str)]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


FORMAT = Format("mastodon", HELP, sniff, read, export=True)
