"""What a look must know of the looks before it: the poll's cursor, as JSON. Pure."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

MOST_THREADS = 500


@dataclass(slots=True)
class State:
    """The poll's cursor. seen: when a video was read, in seconds. counts: its comments. threads: replies.

    left: Douyin's cursor of what could not be read of a video; since: how far back that is to be read, in seconds.
    """

    seen: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> "State":
        """A fresh one where it is empty, or none of ours."""
        try:
            kept = json.loads(cursor or "{}")
            names = ("seen", "counts", "threads", "left", "since")
            return cls(*({str(key): int(count) for key, count in kept.get(name, {}).items()} for name in names))
        except (ValueError, TypeError, AttributeError):
            return cls()

    def leave(self, item_id: str, at: int, since: datetime) -> None:
        """What stands behind `at` is still to be read, as far back as an earlier look said, or this one."""
        back = int(since.timestamp())
        self.left[item_id], self.since[item_id] = at, min(back, self.since.get(item_id, back))

    def read_until(self, item_id: str, at: int) -> None:
        """Of what was left, what stands behind `at` is still to be read; 0: nothing."""
        self.left[item_id] = at
        if not at:
            del self.left[item_id], self.since[item_id]

    def left_since(self, item_id: str) -> datetime:
        """How far back what was left is to be read."""
        return datetime.fromtimestamp(self.since[item_id], UTC)

    def know(self, root: str, replies: int) -> None:
        """A thread was read; those that were not read for the longest time are forgotten."""
        self.threads.pop(root, None)
        self.threads[root] = replies
        while len(self.threads) > MOST_THREADS:
            del self.threads[next(iter(self.threads))]

    def forget(self, item_id: str) -> None:
        """A video that is not among the newest any more."""
        for known in (self.seen, self.counts, self.left, self.since):
            known.pop(item_id, None)

    @property
    def written(self) -> str:
        """The cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))
