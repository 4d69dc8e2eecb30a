"""What a look must know of the looks before it: the poll's cursor, as JSON. Pure."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_THREADS = 500


@dataclass(slots=True)
class Sweep:
    """Where the slow round over all comments of all videos is: a page of videos, a video of it, its comments."""

    page: int = 0  # TikTok's cursor; 0: the newest videos
    video: int = 0  # its place on the page
    at: int = 0  # TikTok's cursor in the comments


@dataclass(slots=True)
class State:
    """seen: when the last look began, in seconds. threads: how many replies a thread had when they were read.

    messages: up to when direct messages were read, in TikTok's milliseconds.
    """

    seen: int = 0
    threads: dict[str, int] = field(default_factory=dict)
    sweep: Sweep = field(default_factory=Sweep)
    messages: int = 0

    def note_thread(self, comment_id: str, replies: int) -> None:
        """Its replies are read; the threads that were not read for the longest time are forgotten."""
        self.threads.pop(comment_id, None)
        self.threads[comment_id] = replies
        while len(self.threads) > MOST_THREADS:
            del self.threads[next(iter(self.threads))]


def read(cursor: str) -> State:
    """The state of a cursor; a fresh one where it is empty, or none of ours."""
    try:
        kept = json.loads(cursor or "{}")
        threads = {str(key): int(count) for key, count in kept.get("threads", {}).items()}
        return State(int(kept.get("seen", 0)), threads, Sweep(**_numbers(kept.get("sweep", {}))), int(kept["messages"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return State()


def written(state: State) -> str:
    """The cursor of a state."""
    return json.dumps(asdict(state), separators=(",", ":"))


def _numbers(kept: dict[str, Any]) -> dict[str, int]:
    return {key: int(value) for key, value in kept.items()}
