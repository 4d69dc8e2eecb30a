"""Nothing that paper says is for anybody."""

from typing import Any

from engage.models import Event, EventKind


def parse(payload: Any, account_user_id: str) -> list[Event]:
    return [Event(EventKind.IGNORED, reason="it is paper")]
