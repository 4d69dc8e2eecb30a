"""How late an event loop is: the time a callback waits beyond its moment, because the machine has too much to do."""

import asyncio

EVERY = 0.05  # seconds between two looks
FADE = 0.8  # what is kept of an old delay at each look


class Lateness:
    """Begins with its first look, in the running loop; costs a callback every EVERY seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0  # the worst of the last looks, fading
        self._due_at: float | None = None

    def look(self) -> float:
        """The lateness in seconds."""
        if self._due_at is None:
            self._wait(asyncio.get_running_loop())
        return self.seconds

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_at = loop.time() + EVERY
        loop.call_at(self._due_at, self._looked, loop, self._due_at)

    def _looked(self, loop: asyncio.AbstractEventLoop, due_at: float) -> None:
        self.seconds = max(loop.time() - due_at, self.seconds * FADE)
        self._wait(loop)
