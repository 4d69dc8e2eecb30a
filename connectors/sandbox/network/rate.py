"""A strict rate limit: at most so many calls of an account in any span of time, to the microsecond. Pure."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Window:
    """The calls of one account that were let in, oldest first."""

    let_in: deque[datetime] = field(default_factory=deque)

    def refuses(self, count: int, span: timedelta, now: datetime) -> timedelta | None:
        """None where the call is let in, and counted; else how long until one would be. A refused call counts not."""
        while self.let_in and now - self.let_in[0] >= span:
            self.let_in.popleft()
        if len(self.let_in) < count:
            self.let_in.append(now)
            return None
        return span - (now - self.let_in[0])
