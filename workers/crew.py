"""The tasks one engine has in work: how many, for whom, and how they end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from workers.lateness import Lateness

ACTIVE_SECONDS = 60.0  # a creator seen within this time counts when places are shared
LARGEST_PART = 4  # beside others, one creator may hold at most a fourth of the places
FEWEST = 4  # places that everybody may hold, however many creators there are
LATE = 0.01  # seconds: a loop this late has more to do than it can, and whoever holds much gets less of it
ADJUST_EVERY = 0.2  # seconds
FIRST = 16  # places before anything is known: what a flood may hold in its first moment
LESS, MORE = 0.7, 2  # a late loop takes that share of the room, one in time gives so many places


@dataclass(slots=True)
class Room:
    """The places that one creator may hold beside others: less while the loop is late, more while they are all used.

    A flood fills whatever it may hold; when the machine cannot carry that, everybody waits for it. So it may hold as
    much as leaves the loop in time, found as network connections find their speed.
    """

    most: int
    lateness: Lateness = field(default_factory=Lateness)
    _now: float = 0.0
    _adjusted_at: float = 0.0

    def __post_init__(self) -> None:
        self._now = min(FIRST, self.most)

    def places(self, now: float, held: int) -> int:
        """now: the loop's time in seconds. held: by whoever holds most. Room that nobody uses proves nothing."""
        late = self.lateness.look()
        if now - self._adjusted_at >= ADJUST_EVERY:
            self._adjusted_at = now
            if late > LATE:
                self._now = max(min(FEWEST, self.most), self._now * LESS)
            elif held >= int(self._now):
                self._now = min(self.most, self._now + MORE)
        return int(self._now)


@dataclass(slots=True)
class Crew:
    """At most `places` tasks at a time."""

    places: int
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    by_lane: Counter[str] = field(default_factory=Counter)
    by_creator: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, float] = field(default_factory=dict)
    _room: Room = field(init=False)

    def __post_init__(self) -> None:
        self._room = Room(-(-self.places // LARGEST_PART))

    @property
    def free(self) -> int:
        return self.places - len(self.tasks)

    @property
    def share(self) -> int:
        """How many places one creator may hold: all of them alone; beside others an equal part, or more, up to a
        fourth of all, while the loop is in time."""
        now = asyncio.get_running_loop().time()
        self._seen = {creator: at for creator, at in self._seen.items() if at > now - ACTIVE_SECONDS}
        equal = -(-self.places // max(1, len(self._seen)))
        return max(equal, self._room.places(now, max(self.by_creator.values(), default=0)))

    def start(self, work: Coroutine[Any, Any, None], lane: str, creator_id: str, over: Callable[[], None]) -> None:
        """Begin a task; `over` is called when it ends, however it does."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        self.by_lane[lane] += 1
        self.by_creator[creator_id] += 1
        self._seen[creator_id] = asyncio.get_running_loop().time()

        def ended(done: asyncio.Task[None]) -> None:
            self.tasks.discard(done)
            self.by_lane[lane] -= 1
            self.by_creator[creator_id] -= 1
            if not self.by_creator[creator_id]:
                del self.by_creator[creator_id]
            over()

        task.add_done_callback(ended)
