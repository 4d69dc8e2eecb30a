"""What a look must know of the looks before it: the poll's cursor, as JSON. Pure."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

MOST_THREADS = 500
UNREAD = -1  # in place of a thread's number of replies: a look had no calls left for it


@dataclass(slots=True)
class Sweep:
    """Where the slow round over all comments of all videos is: a page of videos, a video of it, its comments."""

    page: int = 0  # TikTok's cursor; 0: the newest videos
    video: int = 0  # its place on the page
    at: int = 0  # TikTok's cursor in the comments


@dataclass(slots=True)
class State:
    """seen: when the last look began, in seconds. threads: how many replies each had, and since when others are new.

    messages: up to when conversations were read, in TikTok's milliseconds; left: since when messages are to be read,
    where a look could not read all conversations.
    """

    seen: int = 0
    threads: dict[str, list[int]] = field(default_factory=dict)
    sweep: Sweep = field(default_factory=Sweep)
    messages: int = 0
    left: int = 0

    def note_thread(self, comment_id: str, replies: int, since: datetime) -> None:
        """Its replies before `since` are read; the threads that were noted the longest time ago are forgotten."""
        self.threads.pop(comment_id, None)
        self.threads[comment_id] = [replies, int(since.timestamp())]
        while len(self.threads) > MOST_THREADS:
            del self.threads[next(iter(self.threads))]

    def thread(self, comment_id: str, since: datetime) -> tuple[int, datetime]:
        """How many replies it had, and since when others are to be read: not later than `since`."""
        replies, left = self.threads.get(comment_id, (UNREAD, int(since.timestamp())))
        return replies, min(since, datetime.fromtimestamp(left, UTC))


def read(cursor: str) -> State:
    """The state of a cursor; a fresh one where it is empty, or none of ours."""
    try:
        kept = json.loads(cursor or "{}")
        threads = {str(key): [int(count), int(since)] for key, (count, since) in kept.get("threads", {}).items()}
        sweep = Sweep(**{key: int(value) for key, value in kept.get("sweep", {}).items()})
        times = {name: int(kept.get(name, 0)) for name in ("seen", "left")}
        return State(threads=threads, sweep=sweep, messages=int(kept["messages"]), **times)
    except (ValueError, KeyError, TypeError, AttributeError):
        return State()


def written(state: State) -> str:
    """The cursor of a state."""
    return json.dumps(asdict(state), separators=(",", ":"))
