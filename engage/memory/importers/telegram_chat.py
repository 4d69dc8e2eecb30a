"""One chat of a Telegram export: which of its messages are the creator's, and what each is. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engage.memory.importers.conversation import Conversation, Line
from engage.memory.importers.format import Me
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Pair, Private, Said, clean, date
from engage.memory.importers.speakers import Speakers

_ALONE_WITH = frozenset(("personal_chat", "bot_chat"))  # its id is the other one's
_CHANNELS = frozenset(("public_channel", "private_channel"))
_LARGEST = 2**63
_COMMAND = re.compile(r"/\w+")
_BORROWED = ("forwarded_from", "forwarded_from_id", "saved_from", "via_bot")


class Account:
    """Who the creator is: by the export's own word, and by name."""

    def __init__(self, me: Me | None = None) -> None:
        self.me = me or Me()
        self.id = ""

    def know(self, user_id: Any) -> None:
        """The account that was exported."""
        self.id = _peer(user_id)

    def is_me(self, message: Mapping[str, Any], author: str) -> bool:
        """By the account's id where the export tells it; names of a chat may be anybody's."""
        number = author.removeprefix("user").removeprefix("channel")
        if self.id:
            return author == self.id or (author.startswith("channel") and (author in self.me or number in self.me))
        return message.get("from") in self.me or author in self.me or number in self.me


class Chat:
    """Takes what is told of a chat, then its messages. alone: the file holds nothing else, so that it was chosen."""

    def __init__(self, account: Account, *, alone: bool) -> None:
        self._account = account
        self._alone = alone
        self._told: dict[str, Any] = {}
        self._public = Conversation()
        self._speakers = Speakers()
        self._left_out = 0

    def tell(self, key: str, value: Any) -> None:
        """A field of the chat's own: its name, type or id."""
        self._told[key] = value

    def row(self, message: Any) -> Said | Pair | Private | None:
        """What a message is; None for other people's and those without words. Raises BadRow."""
        if not isinstance(message, dict):
            raise BadRow("not a message: export the chat again")
        if message.get("type") != "message" or self._kind in ("replies", "verify_codes"):
            return None
        line = self._line(message)
        if self._kind == "public_supergroup":
            return self._public.add(line)
        if not line.text:
            return None
        if not line.mine:
            self._left_out += self._kind != "bot_chat"
            return None
        if self._kind in _CHANNELS:
            return Said(line.id, line.text, line.at)
        is_command = self._kind == "bot_chat" and _COMMAND.match(line.text)
        return None if is_command else Private(line.id, line.text, line.at)

    def left_out(self) -> dict[str, int]:
        """Messages of other people, by the reason."""
        if self._kind in _CHANNELS:
            return {OTHERS: self._left_out}
        return {OTHERS: self._public.left_out, OTHERS_PRIVATE: self._left_out}

    def stranger(self) -> str:
        """Why nothing of the chat could be used, "" where the creator is known or no one spoke."""
        return "" if self._account.id or self._kind in _CHANNELS else self._speakers.refusal()

    @property
    def _kind(self) -> str:
        kind = self._told.get("type")
        return kind if isinstance(kind, str) else ""

    def _line(self, message: Mapping[str, Any]) -> Line:
        author = _peer(message.get("from_id")) or _name(message.get("from"))
        text, mine = clean(_text(message.get("text"))), self._is_mine(message, author)
        self._speakers.hear(_name(message.get("from")), mine=mine)
        if any(key in message for key in _BORROWED):
            author, mine = "", False
        reply = message.get("reply_to_message_id")
        answered = None if reply is None else self._id(reply, _peer(message.get("reply_to_peer_id")))
        return Line(self._id(message.get("id")), author, text, _moment(message), mine, answered)

    def _is_mine(self, message: Mapping[str, Any], author: str) -> bool:
        own = _number(self._told.get("id"))
        if self._kind in _CHANNELS:
            title = self._told.get("name")
            named = any(name in self._account.me for name in (title, own, message.get("author")))
            return self._alone or named or self._account.is_me(message, author)
        if self._kind == "saved_messages":
            return True
        if self._kind in _ALONE_WITH and own and author.startswith("user"):
            return author != f"user{own}"
        return self._account.is_me(message, author)

    def _id(self, number: Any, elsewhere: str = "") -> str:
        if isinstance(number, bool) or not isinstance(number, int) or abs(number) > _LARGEST:
            raise BadRow("a message without its id: export the chat again")
        chat = re.sub(r"[^0-9]", "", elsewhere)[:20] or _number(self._told.get("id"))
        if not chat:
            raise BadRow("a chat without its id: export it again")
        return f"telegram:{chat}:{number}"


def _text(value: Any) -> str:
    """A text, or a list of texts and of pieces with a meaning. Raises BadRow."""
    pieces = value if isinstance(value, list) else [value]
    found = [piece.get("text") if isinstance(piece, dict) else piece for piece in pieces]
    texts = [one for one in found if isinstance(one, str)]
    if len(texts) < len(found):
        raise BadRow("text must be a text or a list of texts: export the chat again")
    return "".join(texts)


def _moment(message: Mapping[str, Any]) -> datetime | None:
    """Older exports have only the local time."""
    seconds = message.get("date_unixtime")
    if isinstance(seconds, str) and re.fullmatch(r"[0-9]{1,12}", seconds):
        return date(int(seconds))
    told = message.get("date")
    return None if told is None else date(str(told))


def _peer(value: Any) -> str:
    """ "user123" or "channel123"; older exports have a user's bare number."""
    if isinstance(value, str):
        return value
    return f"user{_number(value)}" if _number(value) else ""


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST else ""


def _name(value: Any) -> str:
    return value if isinstance(value, str) else ""
