"""Messages of one public conversation as rows: which of the creator's are answers, and to what. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engage.memory.importers.rows import Pair, Said
from engage.models import Surface

FOLLOWS = timedelta(minutes=10)  # how long after a message one without a mark of reply still answers it
TOGETHER = timedelta(hours=12)  # how far apart the messages of one question may be
_PARTS = 4  # messages of one question
_REMEMBERED = 20_000  # messages that a later one can be a reply to: a conversation may have millions


@dataclass(frozen=True, slots=True)
class Line:
    """One message, in the order in which they were written.

    id, reply_to: as rows are to be named. author: "" for what a program wrote. text: clean, "" for a picture.
    """

    id: str
    author: str
    text: str
    at: datetime | None = None
    mine: bool = False
    reply_to: str | None = None


class Conversation:
    """Takes the messages one by one; what the creator wrote comes back as a row."""

    def __init__(self, surface: Surface = Surface.COMMENT) -> None:
        self._surface = surface
        self._runs: dict[str, tuple[Line, ...]] = {}  # a message of somebody else's, after what they wrote just before
        self._last: tuple[Line, ...] = ()  # the latest run; empty after the creator's own words
        self._others = 0
        self._asked: set[str] = set()

    @property
    def left_out(self) -> int:
        """How many messages of other people are no question of a pair."""
        return self._others - len(self._asked)

    def add(self, line: Line) -> Said | Pair | None:
        """The row that a message is; None for other people's and for those without words."""
        if not line.mine:
            self._hear(line)
            return None
        question = self._answered(line) if line.text else ()
        self._last = ()
        if not line.text:
            return None
        if not question:
            return Said(line.id, line.text, line.at, surface=self._surface)
        self._asked.update(one.id for one in question)
        return Pair(line.id, "\n".join(one.text for one in question), line.text, line.at, self._surface)

    def _hear(self, line: Line) -> None:
        goes_on = bool(line.author) and bool(self._last) and self._last[-1].author == line.author
        self._last = (*self._last, line)[-_PARTS:] if goes_on else (line,)
        self._others += bool(line.text)
        self._runs[line.id] = self._last
        if len(self._runs) > _REMEMBERED:
            del self._runs[next(iter(self._runs))]

    def _answered(self, line: Line) -> tuple[Line, ...]:
        """What the creator's message answers, () where that is nothing or has no words."""
        if line.reply_to is not None:
            run = self._runs.get(line.reply_to, ())
            until, most = run[-1].at if run else None, TOGETHER
        else:
            run, until, most = self._last, line.at, FOLLOWS
            if not run or not _is_within(run[-1].at, until, most):
                return ()
        if not run or not run[-1].author or not run[-1].text:
            return ()
        return tuple(one for one in run if one.text and (one is run[-1] or _is_within(one.at, until, most)))


def _is_within(before: datetime | None, after: datetime | None, most: timedelta) -> bool:
    return before is not None and after is not None and timedelta(0) <= after - before <= most
