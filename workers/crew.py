"""The tasks one engine has in work: how many, for whom, and how they end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

ACTIVE_SECONDS = 60.0  # a creator seen within this time counts when places are shared
SMALLEST_SHARE = 4  # however many creators there are, one may hold a fourth of the places


@dataclass(slots=True)
class Crew:
    """At most `places` tasks at a time."""

    places: int
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    by_lane: Counter[str] = field(default_factory=Counter)
    by_creator: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, float] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.places - len(self.tasks)

    @property
    def share(self) -> int:
        """How many places one creator may hold: all of them alone, a half of two, never less than a fourth."""
        since = asyncio.get_running_loop().time() - ACTIVE_SECONDS
        self._seen = {creator: at for creator, at in self._seen.items() if at > since}
        return -(-self.places // min(SMALLEST_SHARE, max(1, len(self._seen))))

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
