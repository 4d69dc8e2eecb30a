"""The words in a TikTok export, whichever of its two forms they come in.

Layout: abrignoni/RLEAPP, scripts/artifacts/tikTokArchiveJson.py, and public readers of the text form (PRViewer), read
2026-11-26. Exports of other years write the same fields as "Date", "date", "Like(s)", "WhoCanView".
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engage.memory.importers.format import Source
from engage.memory.importers.rows import NO_WORDS, OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected, Said, clean, date
from engage.memory.importers.speakers import Speakers
from engage.models import Surface

_OTHER_SIGNS = re.compile(r"[^a-z]")
_VIDEO = re.compile(r"https://(?:www\.)?tiktokv?\.com/(?:share|@[^/]+)/(?:video|photo)/(\d+)", re.IGNORECASE)
_ONLY_A_LINK = re.compile(r"\[?https?://\S+\]?")
_FOR_ALL = frozenset(("", "everyone", "public"))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat. chat: with whom, or the group's name."""

    chat: str
    sender: str
    text: Any
    sent: Any


@dataclass(slots=True)
class Chats:
    """The creator's side of chats. owner: the export's user name, "" where it does not tell it."""

    source: Source
    owner: str
    _speakers: Speakers = field(default_factory=Speakers)
    _others: int = 0
    _media: int = 0

    def rows(self, messages: Iterable[Message | None]) -> Iterator[Private | Rejected]:
        """None stands for a message that is none."""
        for number, message in enumerate(messages, start=1):
            try:
                if message is None:
                    raise BadRow("not a message with Date, From and Content: download the export again")
                if row := self._row(message):
                    yield row
            except BadRow as error:
                yield Rejected(self.source.path, number, str(error))

    def left_out(self) -> Iterator[Dropped | Rejected]:
        """What others wrote, and what has no words; or that nobody knows who the creator is."""
        if not self.owner and (refusal := self._speakers.refusal()):
            yield Rejected(self.source.path, 0, refusal)
        elif self._others:
            yield Dropped(self.source.path, OTHERS_PRIVATE, self._others)
        if self._media:
            yield Dropped(self.source.path, NO_WORDS, self._media)

    def _row(self, message: Message) -> Private | None:
        mine = message.sender.casefold() == self.owner.casefold() or message.sender in self.source.me
        self._speakers.hear(message.sender, mine=mine)
        if not mine:
            self._others += 1
            return None
        words, sent = text(message.text, "Content"), moment(message.sent)
        self._media += (only_a_link := _ONLY_A_LINK.fullmatch(words) is not None)
        return Private(row_id(message.chat, sent, words), words, sent) if words and not only_a_link else None


def comment(fields: Mapping[str, Any]) -> Said | None:
    """Under a video, of whom is not said. Raises BadRow."""
    words, said_at = text(fields.get("comment"), "Comment"), moment(fields.get("date"))
    link = next(
        (one for key in ("url", "originalposturl", "originalpostlink") if (one := address(fields.get(key)))), None
    )
    return Said(row_id("comment", said_at, words), words, said_at, None, link, Surface.COMMENT) if words else None


def post(fields: Mapping[str, Any]) -> Said | Private | None:
    """A video's or photo's caption, None where it has none; what not everybody may see is private. Raises BadRow."""
    words, said_at = text(fields.get("title"), "Title"), moment(fields.get("date"))
    if not words:
        return None
    found = _VIDEO.match(address(fields.get("link")) or "")  # other links lead to the film and expire
    own = f"tiktok:{found[1]}" if found and len(found[1]) <= 30 else row_id("post", said_at, words)
    if text(fields.get("whocanview"), "WhoCanView").casefold() not in _FOR_ALL:
        return Private(own, words, said_at)
    return Said(own, words, said_at, None, found[0] if found else None)


def live_comment(live: str, fields: Mapping[str, Any]) -> Said | None:
    """What the creator wrote or asked in a live. Raises BadRow."""
    words = text(fields.get("commentcontent", fields.get("questioncontent")), "CommentContent")
    said_at = moment(fields.get("commenttime", fields.get("questiontime")))
    return Said(row_id(f"live {live}", said_at, words), words, said_at, surface=Surface.LIVE) if words else None


def live(fields: Mapping[str, Any]) -> Said | None:
    """The title of a live of the creator's. Raises BadRow."""
    words, said_at = text(fields.get("roomtitle"), "RoomTitle"), moment(fields.get("livestarttime"))
    room = str(fields.get("roomid", ""))
    own = f"tiktok:live:{room}" if room.isdecimal() and len(room) <= 30 else row_id("go live", said_at, words)
    return Said(own, words, said_at) if words else None


def plain_keys(record: Any) -> dict[str, Any]:
    """A record with its names as all exports would have them. Raises BadRow."""
    if not isinstance(record, dict):
        raise BadRow("not an entry with names and values: download the export again")
    return {plain_key(key): value for key, value in record.items()}


def plain_key(key: str) -> str:
    """ "Who can view" and "WhoCanView" alike."""
    return _OTHER_SIGNS.sub("", key.casefold())


def text(value: Any, name: str) -> str:
    """A text, "" for what is not there. Raises BadRow."""
    if not isinstance(value, str | None):
        raise BadRow(f"{name} must be a text")
    return "" if value is None or value.strip() == "N/A" else clean(value)


def moment(value: Any) -> datetime | None:
    """ "2024-01-05 10:13:00", with or without "UTC" after it. Raises BadRow."""
    return date(text(value, "Date").removesuffix("UTC").strip())


def address(value: Any) -> str | None:
    """A web address; anything else is none."""
    return value.strip() if isinstance(value, str) and value.strip().startswith(("https://", "http://")) else None


def row_id(conversation: str, said_at: datetime | None, words: str) -> str:
    """For what has no id of its own: the same in every export."""
    told = "\x1f".join((conversation, said_at.isoformat() if said_at else "", words))
    return f"tiktok:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:20]}"
