"""What Kick calls the application for. One subscription is for one kind of event of one channel."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from connectors.fields import get, id_or_none, items
from connectors.kick.calls import Calls, Gone
from connectors.kick.parse import BANNED, CHAT
from engage.errors import Malformed, Unavailable

PATH = "/events/subscriptions"
EVENTS = (CHAT, BANNED)


async def missing(calls: Calls, channel: str) -> list[str]:
    """The events of a channel that are not asked for. Raises what a read does."""
    asked = {row["event"] for row in await _listed(calls, channel)}
    return [event for event in EVENTS if event not in asked]


async def unsubscribe(calls: Calls, channel: str) -> None:
    """Ask for the events of a channel no more; the second time is no error. Raises what a read does."""
    if ids := [row["id"] for row in await _listed(calls, channel) if isinstance(get(row, "id"), str)]:
        with suppress(Gone):
            await calls.ask("DELETE", PATH, params={"id": ids})


async def _listed(calls: Calls, channel: str) -> list[Any]:
    rows = await calls.ask("GET", PATH, params={"broadcaster_user_id": channel})
    try:
        return [row for row in items({"data": rows}, "data") if _is_ours(row, channel)]
    except Malformed as error:
        raise Unavailable(f"Kick did not list the subscriptions: {error}") from None


def _is_ours(row: Any, channel: str) -> bool:
    """Kick may list those of all channels of the application."""
    return get(row, "event") in EVENTS and id_or_none(row, "broadcaster_user_id") in (None, channel)


async def subscribe(calls: Calls, channel: str, wanted: Sequence[str]) -> None:
    """Ask for events of a channel. Raises what a read does; Unavailable where Kick says why it does not."""
    events = [{"name": name, "version": 1} for name in wanted]
    body: dict[str, Any] = {"events": events, "method": "webhook", "broadcaster_user_id": int(channel)}
    said = await calls.ask("POST", PATH, json=body)
    for row in said if isinstance(said, list) else ():
        if (error := get(row, "error")) and isinstance(error, str):
            raise Unavailable(f"Kick does not subscribe: {error}")
