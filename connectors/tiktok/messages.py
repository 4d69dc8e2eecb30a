"""A look at the direct messages: those of people in the EEA, Switzerland and the UK come no other way.

TikTok lists 100 conversations of 90 days and the 20 newest messages of one, so that a look reads the conversations
that changed since the last one. What a webhook brought already has the same id and is kept once.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.fields import id_of, items, number, text
from connectors.tiktok import calls, limits
from connectors.tiktok.names import POLLED_MESSAGE
from connectors.tiktok.state import State
from engage.errors import Refused
from engage.platform import RawEvent

LISTED = 100
KINDS = ("STRANGER", "SINGLE")  # before our first answer, and after it
BEFORE = timedelta(hours=1)  # how far the first look goes back
OVERLAP_MS = 60_000  # a conversation may be listed later than one that changed after it


class MessageLook:
    """One look; `run` it once, then `found` has the events, oldest first."""

    def __init__(self, http: httpx.AsyncClient, business_id: str, state: State, now: datetime) -> None:
        self._http = http
        self._business_id = business_id
        self._state = state
        self._since = state.messages - OVERLAP_MS if state.messages else int((now - BEFORE).timestamp() * 1000)
        self._oldest = state.left or self._since  # who wrote twice has an unread message from before their last one
        self._found: dict[str, tuple[float, RawEvent]] = {}
        self.taken = 0

    @property
    def found(self) -> list[RawEvent]:
        """What the look brought."""
        return [event for _, event in sorted(self._found.values(), key=lambda one: one[0])]

    async def run(self) -> None:
        """Raises what a read raises."""
        changed = [one for kind in KINDS for one in await self._conversations(kind) if _changed_at(one) >= self._since]
        # The oldest first: where the calls of a look do not suffice, the next one goes on at the last of them.
        now_read = sorted(changed, key=_changed_at)[: limits.CONVERSATIONS]
        for one in now_read:
            await self._read(text(one, "conversation_id"))
        until = int(_changed_at(now_read[-1])) if now_read else self._since
        cut = len(changed) > len(now_read)
        self._state.messages = max(self._state.messages, until + (OVERLAP_MS if cut or not now_read else 0))
        self._state.left = self._oldest if cut else 0

    async def _conversations(self, kind: str) -> list[Any]:
        asked = {"conversation_type": kind, "limit": str(LISTED)}
        return items(await self._get("/business/message/conversation/list/", asked), "conversations")

    async def _read(self, conversation_id: str) -> None:
        asked = {"conversation_id": conversation_id}
        try:
            said = await self._get("/business/message/content/list/", asked)
        except Refused:
            return  # one conversation that is gone must not hide the others
        for message in items(said, "messages"):
            if number(message, "timestamp") >= self._oldest:
                self._note(message)

    async def _get(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        self.taken += 1
        return await calls.get(self._http, path, {"business_id": self._business_id, **asked})

    def _note(self, message: Any) -> None:
        said = {"event": POLLED_MESSAGE, "user_openid": self._business_id, "content": {"message": message}}
        key = f"message {id_of(message, 'message_id')}"
        self._found[key] = (number(message, "timestamp"), RawEvent(key, json.dumps(said).encode()))


def _changed_at(conversation: Any) -> float:
    return number(conversation, "update_time")
