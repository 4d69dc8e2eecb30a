"""A TikTok export in its text form: Comments.txt, Posts.txt, Direct Messages.txt and their like, in English.

Layout and sources: engage/memory/importers/tiktok_rows.py. Records are `Name: value` lines that begin with Date; chats
are lines of `date UTC name: words` under a line that says with whom.
"""

import re
from collections.abc import Iterator
from itertools import chain

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import DELETED, NO_WORDS, OTHER_PARTS, BadRow, Dropped, Private, Rejected, Said
from engage.memory.importers.tiktok_rows import Chats, Message, comment, plain_key, post

HELP = "TikTok data export (TXT, English): Comments.txt, Posts.txt; own direct messages teach the voice only"

_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_RECORD = re.compile(
    rf"\s*Date: {_TIME}(?: UTC)?\r?\n(?:Comment|Link|User ?name|Search ?Term|Shared ?Content|Sound|Effect ?Link): ?",
    re.IGNORECASE,
)
_DATE = re.compile(rf"Date: {_TIME}(?: UTC)?\s*")
_CHAT = re.compile(r">>> Chat History with (.*?):*\s*")
_CHATS = re.compile(rf"\s*>>> Chat History with [^\n]+\n\s*{_TIME}(?: UTC)? [^\n:]+:")
_MESSAGE = re.compile(rf"({_TIME})(?: UTC)? ([^:]+): ?(.*)")
_FIELD = re.compile(r"([A-Za-z][A-Za-z()\- ]{0,40}): ?(.*)")
_FIELDS = frozenset(
    "date comment photo video sticker url originalposturl originalpostlink link likes whocanview allowcomments"
    " allowstitches allowduets allowstickers allowsharingtostory contentdisclosure aigeneratedcontent sound location"
    " title addyourstext coverimage alternatetext alttext".split()
)
_USER = re.compile(r"^User ?name: *(\S+)", re.IGNORECASE | re.MULTILINE)


def sniff(sample: Sample) -> bool:
    """A dated record of the export, or a chat."""
    return bool(_RECORD.match(sample.text) or _CHATS.match(sample.text))


def read(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """What the creator wrote. Raises Unreadable."""
    if _CHATS.match(source.text):
        chats = Chats(source, _owner(source))
        yield from chats.rows(_messages(source.text))
        yield from chats.left_out()
        return
    records = list(_records(source.text))
    names = set(chain.from_iterable(fields for _, fields in records))
    if "comment" not in names and not names & {"title", "likes", "whocanview"}:
        yield Dropped(source.path, OTHER_PARTS)
    elif "deleted" in source.file.name.casefold():
        yield Dropped(source.path, DELETED, len(records))
    else:
        yield from _rows(source, records)


def _rows(source: Source, records: list[tuple[int, dict[str, str]]]) -> Iterator[Said | Private | Rejected | Dropped]:
    without = 0
    for line, fields in records:
        try:
            row = comment(fields) if "comment" in fields else post(fields)
            without += row is None
            if row:
                yield row
        except BadRow as error:
            yield Rejected(source.path, line, str(error))
    if without:
        yield Dropped(source.path, NO_WORDS, without)


def _records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record with its first line's number; lines that begin with no name go on with the one before."""
    fields: dict[str, str] = {}
    started, key = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if _DATE.fullmatch(line):
            if fields:
                yield started, fields
            fields, started = {}, number
        found = _FIELD.fullmatch(line.rstrip("\r"))
        if found and (name := plain_key(found[1])) in _FIELDS and started:
            key = name
            fields[key] = found[2]
        elif started and key:
            fields[key] += f"\n{line}"
    if fields:
        yield started, fields


def _messages(text: str) -> Iterator[Message]:
    chat, last = "", None
    for line in text.split("\n"):
        if begun := _CHAT.fullmatch(line):
            if last:
                yield last
            chat, last = begun[1], None
        elif found := _MESSAGE.fullmatch(line.rstrip("\r")):
            if last:
                yield last
            last = Message(chat, found[2].strip(), found[3], found[1])
        elif last:
            last = Message(chat, last.sender, f"{last.text}\n{line}", last.sent)
    if last:
        yield last


def _owner(source: Source) -> str:
    """The user name in the export's profile, "" where it is not there."""
    for file in source.export.ending("Profile Info.txt", "Profile Information.txt", "Profile.txt"):
        try:
            if found := _USER.search(Source(file, source.export).text):
                return found[1]
        except Unreadable:
            continue
    return ""


FORMAT = Format("tiktok-text", HELP, sniff, read, export=True)
