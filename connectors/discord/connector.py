"""Discord's I/O for one bot: send, find, take back, hide, and listen."""

import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors import http
from connectors.discord import history, limits
from connectors.discord.calls import DIALECT, ask, calls, take_away
from connectors.discord.examining import examine
from connectors.discord.listening import Listening
from connectors.discord.places import Places
from connectors.discord.snowflakes import first_of, join, split
from connectors.fields import get, text, time
from engage.errors import Ambiguous, ConfigError, EngageError, Malformed, Refused, Unauthorized
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Settle

NONCE_LENGTH = 25
CLOCKS = timedelta(minutes=2)  # that two clocks may be apart
READ_BACK_PAGES = 20


class DiscordConnector:
    """One bot user. Config: channels, live_channels, creator_user_ids; see README.md."""

    name: ClassVar[str] = "discord"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.LIVE})
    # Discord's webhooks tell of the application only; messages come by the gateway.
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    limits: Sequence[Limit] = limits.LIMITS
    quotas: Sequence[Quota] = ()
    # The nonce that goes with every attempt makes a second one harmless, but for some minutes only, and an answer may
    # be settled hours later. So the channel is read; the nonce covers what becomes visible after that.
    settle = Settle.READBACK
    readback_lag = timedelta(seconds=10)

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._places = Places.of(account)
        self._token = account.credentials.get("bot_token", "")
        if not self._token:
            place = f"discord account {account.handle or account.id}"
            raise ConfigError("it is missing", key="bot_token", place=place, fix="Connect the account again.")
        self._http = calls(account.config, account.app.config, self._token)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody. The mark APP beside a bot's name cannot be taken away."""
        return Capabilities(may_reply=True, max_length=limits.MAX_LENGTH, native_bot_label=True)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` as an answer to its message, and call nobody by it."""
        channel_id, message_id = split(reply.in_reply_to)
        body = {
            "content": reply.text,
            "message_reference": {"channel_id": channel_id, "message_id": message_id, "fail_if_not_exists": True},
            "allowed_mentions": {"parse": [], "replied_user": False},
            "nonce": nonce(reply),
            "enforce_nonce": True,
        }
        request = self._http.build_request("POST", f"/channels/{channel_id}/messages", json=body)
        answer = await http.write(self._http, request, DIALECT)
        try:
            return _receipt(channel_id, answer.json())
        except (ValueError, Malformed):
            raise Ambiguous("Discord accepted the reply, but its receipt is unreadable") from None

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` in its channel from the time of its first attempt on."""
        try:
            return await self._find(reply)
        except Unauthorized:
            raise
        except (EngageError, ValueError):
            return ReadBack(Found.UNREADABLE)

    async def _find(self, reply: Outgoing) -> ReadBack:
        channel_id, message_id = split(reply.in_reply_to)
        since = first_of(reply.first_sent_at - CLOCKS) if reply.first_sent_at else message_id
        seen = pages = 0
        async for rows in history.after(self._http, channel_id, max(since, message_id, key=int)):
            for row in rows:
                if self._is_it(row, reply, message_id):
                    return ReadBack(Found.FOUND, _receipt(channel_id, row))
            seen, pages = seen + len(rows), pages + 1
            if pages == READ_BACK_PAGES:
                return ReadBack(Found.UNREADABLE)
        if not seen:  # an empty list may also mean that the bot may not read: then this is refused
            await ask(self._http, f"/channels/{channel_id}/messages/{message_id}")
        return ReadBack(Found.ABSENT)

    def _is_it(self, row: dict[str, Any], reply: Outgoing, message_id: str) -> bool:
        if get(row, "author", "id") != self._account.platform_user_id:
            return False
        same_text = str(row.get("content")).strip() == reply.text.strip()  # Discord trims
        same_parent = get(row, "message_reference", "message_id") == message_id
        return row.get("nonce") == nonce(reply) or (same_text and same_parent)

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back; the second time is no error."""
        await take_away(self._http, *split(receipt_id))

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Delete a follower's message: Discord knows no hiding, so it cannot be shown again."""
        if not hidden:
            raise Refused("Discord deleted the message: it cannot be shown again")
        if surface not in self.hides:
            raise Refused("in a direct message only one's own can be deleted")
        await take_away(self._http, *split(message_id))

    def listen(self, cursor: str) -> AsyncIterator[Page]:
        """The gateway's dispatches, from where `cursor` ends."""
        return Listening(self._http, self._token, self._places).pages(cursor)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Token, intent, what is left of session starts, and the followed channels."""
        return await examine(self._http, self._places, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def nonce(reply: Outgoing) -> str:
    """The same for each attempt of a reply, and not for another."""
    digest = hashlib.sha256(reply.idempotency_key.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:NONCE_LENGTH]


def _receipt(channel_id: str, row: Any) -> Receipt:
    return Receipt(join(channel_id, text(row, "id")), time(row, "timestamp"))


CONNECTOR: type[DiscordConnector] = DiscordConnector
