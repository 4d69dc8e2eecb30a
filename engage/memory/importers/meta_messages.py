"""Chats of Instagram and Facebook, message_1.json or message_1.html, and Messenger's end-to-end encrypted ones.

Layout: public readers of these exports, found by the names of their fields, read 2026-11-26. A file has the newest of a
chat, the next ones go back. All of a chat is private, groups and channels too.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Me, Sample, Source
from engage.memory.importers.meta_automatic import said_of_shares
from engage.memory.importers.meta_chat import Chat, Message, from_box, from_record, people
from engage.memory.importers.meta_owner import owner
from engage.memory.importers.meta_page import boxes, is_markup, is_page
from engage.memory.importers.rows import BadRow, Dropped, Private, Rejected

HELP = "Chats in the data export of Instagram, Facebook or Messenger (JSON or HTML): own messages, for the voice only"

_CHAT = re.compile(r'\s*\{.{0,2000}?"participants"\s*:\s*\[', re.DOTALL)
_MESSAGES = re.compile(r'"messages"\s*:\s*\[\s*\{')
_SENDERS = (('"sender_name"', '"timestamp_ms"'), ('"senderName"', '"isUnsent"'))
_PAGE_NAME = re.compile(r"(?:.*/)?message_\d+\.html", re.IGNORECASE)

_Read = Private | Rejected | Dropped


def sniff(sample: Sample) -> bool:
    """People and messages as only Meta names them, or a page of a chat."""
    if _PAGE_NAME.fullmatch(sample.name):
        return is_page(sample)
    known = _CHAT.match(sample.text) and _MESSAGES.search(sample.text)
    return known is not None and any(all(name in sample.text for name in names) for names in _SENDERS)


def read(source: Source) -> Iterator[_Read]:
    """The creator's messages. Raises Unreadable."""
    me = owner(source)
    return _page(source, me) if is_markup(source) else _records(source, me)


def _page(source: Source, me: Me) -> Iterator[_Read]:
    """Pages do not list who is in a chat: an export that tells its owner is believed."""
    chat = Chat(source.path, _folder(source.file.name), me, known=me.names > source.me.names)
    return _rows(chat, (partial(from_box, box) for box in boxes(source)))


def _records(source: Source, me: Me) -> Iterator[_Read]:
    data = source.json()
    messages = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(messages, list):
        raise Unreadable(source.path, "no chat with a list of messages: download the export again")
    told = data.get("thread_path", data.get("threadName"))
    name = told.rstrip("/").rpartition("/")[2] if isinstance(told, str) else _folder(source.file.name)
    chat = Chat(source.path, name, me, known=any(one in me for one in people(data)))
    notices = said_of_shares(messages)
    return _rows(chat, (partial(from_record, message, notices) for message in messages))


def _rows(chat: Chat, messages: Iterable[Callable[[], Message]]) -> Iterator[_Read]:
    for number, message in enumerate(messages, start=1):
        try:
            if row := chat.row(message()):
                yield row
        except BadRow as error:
            yield Rejected(chat.path, number, str(error))
    yield from chat.left_out()


def _folder(name: str) -> str:
    """A chat's folder is named as its thread_path ends."""
    return name.rpartition("/")[0].rpartition("/")[2]


FORMAT = Format("meta messages", HELP, sniff, read, export=True)
