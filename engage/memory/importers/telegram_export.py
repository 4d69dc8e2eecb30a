"""Telegram Desktop's export as JSON: result.json of one chat, or of a whole account.

Layout: telegramdesktop/tdesktop, Telegram/SourceFiles/export/output/export_output_json.cpp, read 2026-11-26.
"""

import re
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.json_stream import pieces
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Dropped, Rejected, Row
from engage.memory.importers.telegram_chat import Account, Chat

HELP = (
    "Telegram Desktop's result.json: posts of the creator's channels, answers in public groups; private chats teach "
    "the voice only (of an account with other people's channels, name the creator's own with --me)"
)
_CHATS = ("chats.list.item", "left_chats.list.item")
_OPENED = frozenset(("", *_CHATS))
_LISTS = frozenset(("messages.item", *(f"{chat}.messages.item" for chat in _CHATS)))
_KINDS = "saved_messages|replies|(?:personal|bot)_chat|private_group|(?:private|public)_(?:supergroup|channel)"
_CHAT = re.compile(rf'\s*\{{.{{0,2000}}?"type"\s*:\s*"(?:{_KINDS})".{{0,2000}}?"messages"\s*:\s*\[', re.DOTALL)
_ACCOUNT = re.compile(
    r'\s*\{\s*"about"\s*:\s*".*?"(?:personal_information|profile_pictures|frequent_contacts|chats|left_chats)"'
    r"\s*:\s*[{\[]",
    re.DOTALL,
)
_ONE_OF_MANY = re.compile(r'\s*\{\s*"(?:personal_information|chats)"\s*:\s*\{')


def sniff(sample: Sample) -> bool:
    """One chat with its kind and messages, or the parts of an account."""
    return any(known.match(sample.text) for known in (_CHAT, _ACCOUNT, _ONE_OF_MANY))


def read(source: Source) -> Iterator[Row | Rejected | Dropped]:
    """Every message of the creator's. Raises Unreadable where the file breaks off."""
    account, chats, place = Account(source.me), _Chats(source.path), 0
    broken: Unreadable | None = None
    try:
        for where, value in pieces(source, _LISTS, _OPENED):
            chat, _, key = where.rpartition(".")
            if where in _OPENED:
                yield from chats.begin(Chat(account, alone=where == ""))
            elif where in _LISTS:
                place += 1
                yield from chats.message(value, place)
            elif where == "personal_information.user_id":
                account.know(value)
            elif chat in _OPENED:
                chats.current.tell(key, value)
    except Unreadable as error:
        broken = error
    yield from chats.end()
    if broken:
        raise broken


class _Chats:
    """The chats of a file one after another, and what was left out of them together."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._dropped = {OTHERS: 0, OTHERS_PRIVATE: 0}
        self.current = Chat(Account(), alone=True)

    def begin(self, chat: Chat) -> Iterator[Rejected]:
        yield from self._close()
        self.current = chat

    def message(self, value: Any, place: int) -> Iterator[Row | Rejected]:
        try:
            if row := self.current.row(value):
                yield row
        except BadRow as error:
            yield Rejected(self._path, place, str(error))

    def end(self) -> Iterator[Rejected | Dropped]:
        yield from self._close()
        yield from (Dropped(self._path, reason, count) for reason, count in self._dropped.items() if count)

    def _close(self) -> Iterator[Rejected]:
        if reason := self.current.stranger():
            yield Rejected(self._path, 0, reason)
        for reason, count in self.current.left_out().items():
            self._dropped[reason] += count


FORMAT = Format("telegram", HELP, sniff, read, export=True)
