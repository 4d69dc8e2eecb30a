"""Reading what is inside an event. Pure."""

import json
from datetime import datetime
from typing import Any

from connectors.fields import epoch, get, mapping
from engage.errors import Malformed
from engage.models import Event, EventKind


def content_of(payload: Any) -> dict[str, Any]:
    """The inner payload: an object, or JSON in a string."""
    content = get(payload, "content")
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            raise Malformed("content: it is not JSON") from None
    return mapping({"content": content}, "content")


def moment(content: Any, key: str) -> datetime:
    """Comments have seconds, messages milliseconds; which of them it is shows in the number."""
    try:
        return epoch(content, key)
    except Malformed:
        return epoch(content, key, per_second=1000)


def ignored(reason: str) -> Event:
    """Nothing that concerns the account."""
    return Event(EventKind.IGNORED, reason=reason)
