"""What visitors of the page write, in normal form. Pure."""

from typing import Any

from connectors.fields import id_of, text, text_or_none, time
from engage.models import Author, Event, EventKind, Message, Surface


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """One event of the page. Raises Malformed."""
    kind = text(payload, "kind")
    if kind != "message":
        return [Event(EventKind.IGNORED, reason=f"nothing to do for {kind!r}")]
    visitor = id_of(payload, "visitor", "id")
    message = Message(
        id=id_of(payload, "id"),
        conversation_id=f"visitor:{visitor}",
        surface=Surface.DM,
        author=Author(visitor, text_or_none(payload, "visitor", "name") or ""),
        text=text(payload, "text", empty=True),
        sent_at=time(payload, "sent_at"),
    )
    return [Event(EventKind.MESSAGE, Surface.DM, message)]
