"""What Kick calls the application for. One subscription is for one kind of event of one channel."""

from typing import Any

from connectors.fields import get, id_or_none, items
from connectors.kick.calls import Calls
from connectors.kick.parse import CHAT
from engage.errors import Malformed, Unavailable

PATH = "/events/subscriptions"


async def subscribed(calls: Calls, channel: str) -> bool:
    """Whether the chat of a channel is asked for. Raises what a read does."""
    rows = await calls.ask("GET", PATH, params={"broadcaster_user_id": channel})
    try:
        return any(_is_chat_of(row, channel) for row in items({"data": rows}, "data"))
    except Malformed as error:
        raise Unavailable(f"Kick did not list the subscriptions: {error}") from None


def _is_chat_of(row: Any, channel: str) -> bool:
    """Kick may list those of all channels of the application."""
    return get(row, "event") == CHAT and id_or_none(row, "broadcaster_user_id") in (None, channel)


async def subscribe(calls: Calls, channel: str) -> None:
    """Ask for the chat of a channel. Raises what a read does; Unavailable where Kick says why it does not."""
    events = [{"name": CHAT, "version": 1}]
    body: dict[str, Any] = {"events": events, "method": "webhook", "broadcaster_user_id": int(channel)}
    said = await calls.ask("POST", PATH, json=body)
    for row in said if isinstance(said, list) else ():
        if (error := get(row, "error")) and isinstance(error, str):
            raise Unavailable(f"Kick does not subscribe: {error}")
