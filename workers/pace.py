"""How often the engine looks: the spans that its loops share."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.runtime import utc_now

IDLE = timedelta(seconds=1)  # without a wake-up (Redis down, message lost) work is found this late
GAP = timedelta(milliseconds=80)  # under load rows are claimed and written in groups of this long


def until_due(due: datetime | None) -> timedelta:
    """The time until `due`, within IDLE: another process may add something earlier.

    What is due already and was not claimed waits for something else (its conversation's order, a pause): no hurry.
    """
    now = utc_now()
    return IDLE if due is None or due <= now else min(IDLE, due - now)


@dataclass(slots=True)
class Portion:
    """How many rows a round takes: as many as it does in `span`, so that whoever comes next waits no longer."""

    most: int
    fewest: int
    span: timedelta
    rows: int = 0

    def __post_init__(self) -> None:
        self.rows = self.most

    def took(self, seconds: float) -> None:
        """The last round took so long. Half of the error is mended at once: one slow round is no rule."""
        fitting = self.rows * self.span.total_seconds() / max(seconds, 0.001)
        self.rows = int(min(self.most, max(self.fewest, (self.rows + fitting) / 2)))
