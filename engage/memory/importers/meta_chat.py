"""One chat of Instagram or Messenger: its messages in both forms, and the creator's side of it as rows. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engage.memory.importers.format import Me
from engage.memory.importers.meta_automatic import is_event, is_notice
from engage.memory.importers.meta_page import Box
from engage.memory.importers.meta_rows import moment, record_of, row_id, text
from engage.memory.importers.rows import NO_WORDS, OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected
from engage.memory.importers.speakers import Speakers

_ONLY_A_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Message:
    """words: "" for a picture. automatic: nobody wrote it."""

    sender: str
    words: str
    at: datetime | None
    automatic: bool


@dataclass(slots=True)
class Chat:
    """name: the same in every export. known: the creator is one of its people, even where they never wrote."""

    path: str
    name: str
    me: Me
    known: bool
    _speakers: Speakers = field(default_factory=Speakers)
    _others: int = 0
    _without: int = 0

    def row(self, message: Message) -> Private | None:
        """The creator's words; None for all else, which is counted."""
        mine = message.sender in self.me
        self._speakers.hear(message.sender, mine=mine)
        if message.automatic:
            return None
        if not mine:
            self._others += 1
            return None
        if not message.words or _ONLY_A_LINK.fullmatch(message.words):
            self._without += 1
            return None
        return Private(row_id("meta", self.name, message.at, message.words), message.words, message.at)

    def left_out(self) -> Iterator[Dropped | Rejected]:
        """What others wrote and what has no words; or that nobody knows who the creator is."""
        if not self.known and (refusal := self._speakers.refusal()):
            yield Rejected(self.path, 0, refusal)
        elif self._others:
            yield Dropped(self.path, OTHERS_PRIVATE, self._others)
        if self._without:
            yield Dropped(self.path, NO_WORDS, self._without)


def from_record(value: Any, notices: frozenset[str]) -> Message:
    """A message of the JSON form; encrypted chats have other names for the same. Raises BadRow.

    notices: what the app says, as written. What is shared has words of other people, which are never looked at.
    """
    fields = record_of(value)
    sender = text(fields.get("sender_name", fields.get("senderName")), "sender_name")
    written = fields.get("content", fields.get("text"))
    words = text(written, "content")
    at = moment(fields.get("timestamp_ms"), fields.get("timestamp"))
    return Message(sender, words, at, is_event(fields) or written in notices or is_notice(words, sender))


def from_box(box: Box) -> Message:
    """A message of a page; a box without a sender tells of the chat itself. Raises BadRow."""
    sender, words = box.heading, box.message
    return Message(sender, words, box.date, not sender or is_notice(words, sender))


def people(chat: dict[str, Any]) -> Iterator[str]:
    """The names in a chat, of those that are texts."""
    listed = chat.get("participants")
    for one in listed if isinstance(listed, list) else ():
        try:
            yield text(one.get("name") if isinstance(one, dict) else one, "name")
        except BadRow:
            continue
