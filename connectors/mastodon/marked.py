"""Whether the account's profile says that it is automated."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from connectors.mastodon.calls import fetch, reading
from engage.errors import Refused, Retryable

HOLDS = timedelta(hours=1)  # how long an answer is believed
AGAIN = timedelta(minutes=1)  # after no answer


class BotMark:
    """The mark of one account, which its owner may set and take away at any time."""

    def __init__(self, calls: httpx.AsyncClient) -> None:
        self._calls = calls
        self._asking = asyncio.Lock()  # many conversations want to know at once
        self._seen, self._ask_at = False, datetime.min.replace(tzinfo=UTC)

    async def stands(self, now: datetime) -> bool:
        """Raises Unauthorized. Where nobody can say it is taken for missing: then the reply itself says it."""
        async with self._asking:
            if now >= self._ask_at:
                self._seen, self._ask_at = await self._ask(now)
        return self._seen

    async def _ask(self, now: datetime) -> tuple[bool, datetime]:
        try:
            answer = await fetch(self._calls, "/api/v1/accounts/verify_credentials")
            return reading(answer, lambda me: me.get("bot") is True), now + HOLDS
        except (Retryable, Refused):
            return False, now + AGAIN
