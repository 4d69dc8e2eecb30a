"""Reading what was said in a channel after a message, oldest first."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay

from connectors.discord.calls import ask
from connectors.discord.snowflakes import is_snowflake
from engage.errors import Retryable, Unavailable

PAGE = 100  # the most that Discord gives at once
LONGEST = timedelta(minutes=5)  # of an outage that a patient reader waits out
_MOST_SECONDS = 60.0


async def after(
    client: httpx.AsyncClient, channel_id: str, message_id: str, *, patient: bool = False
) -> AsyncIterator[list[dict[str, Any]]]:
    """A channel's messages after one, page by page. patient: waits out limits and outages.

    Without the permission Read Message History Discord answers as if there were none.
    """
    while True:
        rows = await (_patiently if patient else _page)(client, channel_id, message_id)
        yield rows
        if len(rows) < PAGE:
            return
        message_id = str(rows[-1]["id"])


async def _page(client: httpx.AsyncClient, channel_id: str, message_id: str) -> list[dict[str, Any]]:
    path = f"/channels/{channel_id}/messages"
    rows = await ask(client, path, after=message_id, limit=str(PAGE)) or []
    if not isinstance(rows, list) or not all(_is_message(row) for row in rows):
        raise Unavailable(f"GET {path} did not answer with messages")
    return sorted(rows, key=lambda row: int(row["id"]))  # they come newest first


def _is_message(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and is_snowflake(row["id"])


async def _patiently(client: httpx.AsyncClient, channel_id: str, message_id: str) -> list[dict[str, Any]]:
    patience = AsyncRetrying(
        retry=retry_if_exception_type(Retryable),
        wait=_as_long_as_asked,
        stop=stop_after_delay(LONGEST.total_seconds()),
        reraise=True,
    )
    return await patience(_page, client, channel_id, message_id)


def _as_long_as_asked(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Retryable) else None
    return asked.total_seconds() if asked else min(_MOST_SECONDS, 0.5 * 2**state.attempt_number)
