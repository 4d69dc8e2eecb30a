"""How often the engine looks: the spans that its loops share."""

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
