"""Telegram Desktop's export as pages: messages.html, messages2.html and so on.

Layout: telegramdesktop/tdesktop, Telegram/SourceFiles/export/output/export_output_html.cpp, read 2026-11-26. Pages do
not tell whether a group is public: what the creator wrote is taken as private, unless the page is their channel's.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.html_text import parsed, text_in
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected, Said, clean
from engage.memory.importers.speakers import Speakers

HELP = (
    "Telegram Desktop's messages.html: a channel of the creator's name; of other chats their side, for the voice only"
)
_PAGE = re.compile(r'<div class="page_wrap"')
_HISTORY = re.compile(r'<div class="history"|<div class="message (?:default|service)')
_DATE = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-]\d\d):?(\d\d))?")
_WITH_CLASS = etree.XPath("descendant::div[contains(concat(' ', normalize-space(@class), ' '), $wanted)]")
_VIA = re.compile(r"\s+via @\w+$")


def sniff(sample: Sample) -> bool:
    """A page of a chat's history in Telegram's own form."""
    return bool(_PAGE.search(sample.text[:4000]) and _HISTORY.search(sample.text))


def read(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """What the creator wrote. Raises Unreadable where nobody is known to be them."""
    root = parsed(source.text)
    if root is None:
        raise Unreadable(source.path, "not a page that can be read: export the chat again")
    title, speakers, others, name = _first_text(root, "page_header", "text"), Speakers(), 0, ""
    for place, message in enumerate(_of_class(root, "message"), start=1):
        if "default" not in _classes(message):
            continue
        try:
            name = _first_text(message, "body", "from_name", outside="forwarded") or name
            own = _VIA.sub("", name) in source.me
            speakers.hear(_VIA.sub("", name), mine=own)
            words = clean(_first_text(message, "body", "text"))
            borrowed = _VIA.search(name) is not None or bool(_of_class(message, "forwarded"))
            if words and own and not borrowed:
                yield _row(message, title, words, public=title == name)
            else:
                others += bool(words)
        except BadRow as error:
            yield Rejected(source.path, place, str(error))
    if reason := speakers.refusal():
        raise Unreadable(source.path, reason)
    if others:
        yield Dropped(source.path, OTHERS if title in source.me else OTHERS_PRIVATE, others)


def _row(message: Any, title: str, words: str, *, public: bool) -> Said | Private:
    """public: the creator's channel is called as whoever wrote it."""
    shown = next((one.get("title") or "" for one in _of_class(message, "date")), "")
    # Pages have no id of the chat: its name and the message's number stand for it.
    digest = hashlib.sha256("\n".join((title, message.get("id") or words, shown)).encode()).hexdigest()
    made = f"telegram:{digest[:20]}", words, _moment(shown)
    return Said(*made) if public else Private(*made)


def _moment(shown: str) -> datetime | None:
    """Older pages give no zone."""
    found = _DATE.fullmatch(shown.strip())
    if found is None:
        raise BadRow(f"date {shown[:40]!r} is not understood: export the chat again")
    day, month, year, hour, minute, second = (int(part) for part in found.groups()[:6])
    zone = f"{found[7]}:{found[8]}" if found[7] else "+00:00"
    try:
        return datetime.fromisoformat(
            f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow(f"date {shown[:40]!r} is none: export the chat again") from None


def _of_class(root: Any, name: str) -> list[Any]:
    return list(_WITH_CLASS(root, wanted=f" {name} "))


def _first_text(root: Any, holder: str, name: str, *, outside: str = "") -> str:
    """The text of the first such element in such a holder."""
    for one in _of_class(root, holder):
        if outside and outside in _classes(one):
            continue
        for inner in _of_class(one, name):
            if not outside or not any(outside in _classes(above) for above in inner.iterancestors("div")):
                return text_in(inner)
    return ""


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").split()


FORMAT = Format("telegram pages", HELP, sniff, read, export=True)
