"""Live updates of the web page: who watches a creator hears what is written there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

QUEUE_LENGTH = 1000
HEARTBEAT_S = 15.0
RESYNC = b'{"resync":true}'


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page: a creator, and whose direct messages it may show."""

    creator_id: str
    follower_id: str
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))


class Feed:
    """Hands updates to open pages."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = {}

    def watched(self, creator_id: str) -> bool:
        """Whether anybody looks: nothing is encoded for an empty room."""
        return bool(self._watchers.get(creator_id))

    def publish(self, creator_id: str, update: bytes, only_for: str = "") -> None:
        """Show `update` to a creator's watchers; to one follower only where `only_for` is given."""
        for watcher in self._watchers.get(creator_id, ()):
            if only_for in ("", watcher.follower_id):
                _offer(watcher.queue, update)

    async def watch(self, creator_id: str, follower_id: str) -> AsyncIterator[bytes]:
        """Server-sent events until the page goes away."""
        watcher = Watcher(creator_id, follower_id)
        watchers = self._watchers.setdefault(creator_id, set())
        watchers.add(watcher)
        try:
            yield b": welcome\n\n"
            while True:
                yield await _next(watcher.queue)
        finally:
            watchers.discard(watcher)


def _offer(queue: asyncio.Queue[bytes], update: bytes) -> None:
    """A page that cannot keep up loads again instead of holding everything in memory."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        update = RESYNC
    queue.put_nowait(update)


async def _next(queue: asyncio.Queue[bytes]) -> bytes:
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            updates = [await queue.get()]
    except TimeoutError:
        return b": still here\n\n"
    while not queue.empty():
        updates.append(queue.get_nowait())
    return b"".join(b"data: " + update + b"\n\n" for update in updates)
