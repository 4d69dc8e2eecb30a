"""What a stream could not hear and the platform does not tell again: an event like any other says when that was."""

import json
from datetime import datetime
from typing import Any

from connectors.fields import get, text, time
from engage.models import Event, EventKind
from engage.platform import RawEvent

_NAME = "engage.gap"


def gap(since: datetime, until: datetime, why: str) -> RawEvent:
    """Nothing was heard from `since` to `until`."""
    times = {"since": since.isoformat(), "until": until.isoformat(), "why": why}
    return RawEvent(f"gap {times['since']} {times['until']}", json.dumps({_NAME: times}).encode())


def gap_in(payload: Any) -> Event | None:
    """The event that a payload of `gap` stands for, or None where it is another one. Raises Malformed."""
    if get(payload, _NAME) is None or not isinstance(get(payload, _NAME), dict):
        return None
    since, until = time(payload, _NAME, "since"), time(payload, _NAME, "until")
    lost = f"nothing was heard from {since.isoformat(timespec='seconds')} to {until.isoformat(timespec='seconds')}"
    return Event(EventKind.STATUS, reason=f"{lost}: {text(payload, _NAME, 'why')}")
