"""What is kept between two looks: of the comments, and of the live chat. Pure."""

import json
from binascii import crc32
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

WINDOW = timedelta(days=7)  # threads of so many days are read again for new replies
RESCAN = timedelta(hours=1)
RECENT = timedelta(hours=49)  # a little more than a comment may be old to be answered
COUNTS = 1000
TITLES = 100


def short(text: str) -> str:
    """A few characters in place of a long id."""
    return f"{crc32(text.encode()):x}"


@dataclass
class Seen:
    """Of the comments: what the newest page showed, how many replies threads had, and what is still to be read.

    mark: when the newest thread was written. head: the comments of the newest page. page, until: where reading goes on
    towards older threads, and how far.
    """

    mark: datetime | None = None
    head: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    page: str = ""
    until: datetime | None = None
    scanned_at: datetime | None = None

    @classmethod
    def read(cls, cursor: str) -> "Seen":
        """From a cursor; from '' or one that nobody can read it begins anew."""
        try:
            kept = json.loads(cursor)
            times = {name: _time(kept.get(name)) for name in ("mark", "until", "scanned_at")}
            counts, titles = dict(kept["counts"]), dict(kept["titles"])
            return cls(head=frozenset(kept["head"]), counts=counts, titles=titles, page=str(kept["page"]), **times)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self) -> str:
        counts, titles = _last(self.counts, COUNTS), _last(self.titles, TITLES)
        kept = {"head": sorted(self.head), "counts": counts, "titles": titles, "page": self.page}
        times = {name: _text(getattr(self, name)) for name in ("mark", "until", "scanned_at")}
        return json.dumps(kept | times, ensure_ascii=False, separators=(",", ":"))

    def read_on(self, oldest: datetime | None, next_page: str, now: datetime) -> None:
        """After the newest page: what else has to be read, as more is new than fits, or older threads are due again."""
        wanted = [self.until] if self.page and self.until else []
        if self.mark and oldest and oldest > self.mark:
            self.page = ""  # the newest page's end is above what was read: from there again
            wanted.append(self.mark)
        if self.scanned_at is None or now - self.scanned_at >= RESCAN:
            self.scanned_at = now
            wanted.append(now - WINDOW)
        self.until = min(wanted, default=None)
        if self.until is None or oldest is None or oldest <= self.until:
            self.page, self.until = "", None
        else:
            self.page = self.page or next_page
            self.until = self.until if self.page else None

    def was_read(self, oldest: datetime | None, next_page: str) -> None:
        """After a further page."""
        done = oldest is None or self.until is None or oldest <= self.until
        self.page = "" if done else next_page
        if not self.page:
            self.until = None

    def start_over(self) -> None:
        """YouTube no longer knows the page: the next look begins a scan of everything again."""
        self.page, self.until, self.scanned_at = "", None, None


@dataclass
class Place:
    """In a live chat: which one, up to where it was read, and when that was. failures: connections in vain in a row."""

    chat: str = ""
    video: str = ""
    title: str = ""
    page: str = ""
    at: datetime | None = None
    failures: int = 0

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """From a cursor; from '' or one that nobody can read it is nowhere."""
        try:
            kept = json.loads(cursor)
            named = {name: str(kept[name]) for name in ("chat", "video", "title", "page")}
            return cls(**named, at=_time(kept["at"]), failures=int(kept["failures"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self) -> str:
        kept = {name: getattr(self, name) for name in ("chat", "video", "title", "page", "failures")}
        return json.dumps(kept | {"at": _text(self.at)}, ensure_ascii=False, separators=(",", ":"))

    def leave(self) -> None:
        """The chat is over."""
        self.chat = self.video = self.title = self.page = ""
        self.at, self.failures = None, 0


def known(keys: Iterable[str]) -> frozenset[str]:
    """The head of a `Seen`."""
    return frozenset(short(key) for key in keys)


def _last(values: Mapping[str, Any], count: int) -> dict[str, Any]:
    return dict(list(values.items())[-count:])


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _text(value: datetime | None) -> str:
    return value.isoformat() if value else ""
