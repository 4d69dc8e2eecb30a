"""How often somebody may try in a while: sign-ins of an address, messages of a visitor. In memory."""

from collections import deque
from datetime import datetime, timedelta

TRIES = 5
WINDOW = timedelta(minutes=1)
MOST_ADDRESSES = 10_000


class Throttle:
    """Counts tries by who makes them. A try counts before it is looked at, so that many at once gain nothing."""

    def __init__(self, tries: int = TRIES, window: timedelta = WINDOW) -> None:
        self._tries = tries
        self._window = window
        self._at: dict[str, deque[datetime]] = {}

    def admit(self, address: str, now: datetime) -> timedelta | None:
        """None where this try may go on; else how long to wait."""
        recent = self._at.setdefault(address, deque())
        self._forget_old(recent, now)
        if len(recent) >= self._tries:
            return recent[0] + self._window - now
        recent.append(now)
        if len(self._at) > MOST_ADDRESSES:
            self._forget_quiet(now)
        return None

    def succeeded(self, address: str) -> None:
        """A right password clears the count."""
        self._at.pop(address, None)

    def _forget_old(self, recent: deque[datetime], now: datetime) -> None:
        while recent and now - recent[0] >= self._window:
            recent.popleft()

    def _forget_quiet(self, now: datetime) -> None:
        for address in [address for address, recent in self._at.items() if now - recent[-1] >= self._window]:
            del self._at[address]
