"""One channel as DiscordChatExporter writes it in JSON, with what everybody said there.

Layout: Tyrrrz/DiscordChatExporter, DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs, read 2026-11-26.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.conversation import Conversation, Line
from engage.memory.importers.discord_words import names_of, readable
from engage.memory.importers.format import Format, Me, Sample, Source
from engage.memory.importers.json_stream import pieces
from engage.memory.importers.rows import (
    OTHERS,
    OTHERS_PRIVATE,
    BadRow,
    Dropped,
    Pair,
    Private,
    Rejected,
    Said,
    clean,
    date,
)
from engage.memory.importers.speakers import Speakers

HELP = "DiscordChatExporter's JSON: what the creator said and answered on servers; direct messages teach the voice only"
_BEGIN = re.compile(r'\s*\{\s*"guild"\s*:\s*\{.{0,4000}?"channel"\s*:\s*\{.{0,8000}?"messages"\s*:\s*\[', re.DOTALL)
_WRITTEN = ("Default", "Reply")  # all others are notices: joined, pinned, called
_PUBLIC = re.compile(r"Guild(?!PrivateThread)\w+")


def sniff(sample: Sample) -> bool:
    """A server, a channel, and its messages."""
    return _BEGIN.match(sample.text) is not None


def read(source: Source) -> Iterator[Said | Pair | Private | Rejected | Dropped]:
    """What the creator wrote. Raises Unreadable where nobody is known to be them, or the file breaks off."""
    channel, place = _Channel(source.me), 0
    broken: Unreadable | None = None
    try:
        for where, value in pieces(source, ("messages.item",)):
            if where == "channel.type":
                channel.kind = value if isinstance(value, str) else ""
            elif where == "messages.item":
                place += 1
                try:
                    if row := channel.row(value):
                        yield row
                except BadRow as error:
                    yield Rejected(source.path, place, str(error))
    except Unreadable as error:
        broken = error
    if broken is None and (reason := channel.speakers.refusal()):
        broken = Unreadable(source.path, reason)
    if channel.left_out:
        yield Dropped(source.path, OTHERS if channel.is_public else OTHERS_PRIVATE, channel.left_out)
    if broken:
        raise broken


class _Channel:
    """Takes a channel's messages. kind: as the exporter names it; anything but a server's open channel is private."""

    def __init__(self, me: Me) -> None:
        self.kind = ""
        self.speakers = Speakers()
        self._me = me
        self._names: dict[str, str] = {}
        self._talk = Conversation()
        self._private = 0

    @property
    def is_public(self) -> bool:
        """Whether whoever is on the server can read it."""
        return _PUBLIC.fullmatch(self.kind) is not None

    @property
    def left_out(self) -> int:
        """How many messages of other people are in no row."""
        return self._talk.left_out + self._private

    def row(self, message: Any) -> Said | Pair | Private | None:
        """What a message is; None for other people's, programs' and notices. Raises BadRow."""
        if not isinstance(message, dict) or not isinstance(message.get("author"), dict):
            raise BadRow("not a message with an author: export the channel again")
        if message.get("type") not in _WRITTEN:
            return None
        line = self._line(message, message["author"])
        if self.is_public:
            return self._talk.add(line)
        if not line.mine:
            self._private += bool(line.text and line.author)
            return None
        return Private(line.id, line.text, line.at) if line.text else None

    def _line(self, message: Mapping[str, Any], author: Mapping[str, Any]) -> Line:
        self._names |= names_of([author]) | names_of(message.get("mentions"))
        content = message.get("content")
        if not isinstance(content, str):
            raise BadRow("content must be a text: export the channel again")
        number, at = _id(message.get("id")), date(str(message.get("timestamp") or ""))
        if author.get("isBot"):
            return Line(number, "", "", at)
        mine = any(author.get(key) in self._me for key in ("id", "name", "nickname"))
        self.speakers.hear(str(author.get("nickname") or author.get("name") or ""), mine=mine)
        who, words = author.get("id"), clean(readable(content, self._names))
        return Line(number, who if isinstance(who, str) else "", words, at, mine, _answered(message))


def _answered(message: Mapping[str, Any]) -> str | None:
    reference = message.get("reference")
    number = reference.get("messageId") if isinstance(reference, dict) else None
    return f"discord:{number}" if isinstance(number, str) else None


def _id(number: Any) -> str:
    if not isinstance(number, str) or not re.fullmatch(r"[0-9]{1,20}", number):
        raise BadRow("a message without its id: export the channel again")
    return f"discord:{number}"


FORMAT = Format("discord", HELP, sniff, read, export=True)
