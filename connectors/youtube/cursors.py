"""What is kept between two looks: of the comments, and of the live chat. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

WINDOW = timedelta(days=7)  # threads of so many days are read again for new replies
RESCAN = timedelta(hours=1)
RECENT = timedelta(hours=49)  # a little more than a comment may be old to be answered
COUNTS = 2000
TITLES = 100
TIMES = ("mark", "until", "owed", "scanned_at")


def short(text: str) -> str:
    """A few characters in place of a long id."""
    return blake2b(text.encode(), digest_size=6).hexdigest()


@dataclass
class Seen:
    """Of the comments: what the newest page showed, how many replies threads had, and what is still to be read.

    mark: when the newest thread was written. head: the comments of the newest page. counts: the replies of threads
    that show only some of them. page, until: where reading goes on towards older threads, and how far. owed: how far it
    must go down again from the newest page after that.
    """

    mark: datetime | None = None
    head: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    page: str = ""
    until: datetime | None = None
    owed: datetime | None = None
    scanned_at: datetime | None = None

    @classmethod
    def read(cls, cursor: str) -> "Seen":
        """From a cursor; from '' or one that nobody can read it begins anew."""
        try:
            kept = json.loads(cursor)
            times = {name: _time(kept.get(name)) for name in TIMES}
            counts, titles = dict(kept["counts"]), dict(kept["titles"])
            return cls(head=frozenset(kept["head"]), counts=counts, titles=titles, page=str(kept["page"]), **times)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self) -> str:
        counts, titles = _last(self.counts, COUNTS), _last(self.titles, TITLES)
        kept = {"head": sorted(self.head), "counts": counts, "titles": titles, "page": self.page}
        times = {name: _text(getattr(self, name)) for name in TIMES}
        return json.dumps(kept | times, ensure_ascii=False, separators=(",", ":"))

    def read_on(self, oldest: datetime | None, next_page: str, now: datetime) -> None:
        """After the newest page: more is new than fits, or older threads are due again.

        What is under way goes on first, so that however much comes meanwhile, everything below it is read once.
        """
        wanted = [self.owed] if self.owed else []
        if self.mark and (oldest is None or oldest >= self.mark):
            wanted.append(self.mark)
        if self.scanned_at is None or now - self.scanned_at >= RESCAN:
            self.scanned_at = now
            wanted.append(now - WINDOW)
        self.owed = min(wanted, default=None)
        if not self.page:
            self.until, self.owed = self.owed, None
            self._go_on(oldest, next_page)

    def was_read(self, oldest: datetime | None, next_page: str) -> None:
        """After a further page."""
        self._go_on(oldest, next_page if next_page != self.page else "")

    def _go_on(self, oldest: datetime | None, next_page: str) -> None:
        """A page that is empty, but has a next one, is not the end."""
        if self.until is None or (oldest is not None and oldest < self.until):
            next_page = ""
        self.page = next_page
        self.until = self.until if next_page else None

    def start_over(self) -> None:
        """YouTube does not give the page: the next look begins a scan of everything again."""
        self.page, self.until, self.owed, self.scanned_at = "", None, None, None


@dataclass
class Place:
    """In a live chat: which one, up to where it was read, and when that was.

    failures: connections in vain in a row. listing: there is no stream, so this chat is listed.
    """

    chat: str = ""
    video: str = ""
    title: str = ""
    page: str = ""
    at: datetime | None = None
    failures: int = 0
    listing: bool = False

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """From a cursor; from '' or one that nobody can read it is nowhere."""
        try:
            kept = json.loads(cursor)
            named = {name: str(kept[name]) for name in ("chat", "video", "title", "page")}
            listing = kept.get("listing") is True
            return cls(**named, at=_time(kept["at"]), failures=int(kept["failures"]), listing=listing)
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self) -> str:
        kept = {name: getattr(self, name) for name in ("chat", "video", "title", "page", "failures", "listing")}
        return json.dumps(kept | {"at": _text(self.at)}, ensure_ascii=False, separators=(",", ":"))

    def leave(self) -> None:
        """The chat is over."""
        self.chat = self.video = self.title = self.page = ""
        self.at, self.failures, self.listing = None, 0, False


def known(keys: Iterable[str]) -> frozenset[str]:
    """The head of a `Seen`."""
    return frozenset(short(key) for key in keys)


def _last(values: Mapping[str, Any], count: int) -> dict[str, Any]:
    return dict(list(values.items())[-count:])


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _text(value: datetime | None) -> str:
    return value.isoformat() if value else ""
