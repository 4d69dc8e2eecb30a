"""Kick's I/O: write in the chat, take a line away, ask for events, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import oauth
from connectors.fields import get, items
from connectors.kick import connect
from connectors.kick.calls import Calls
from connectors.kick.keys import keys_in
from connectors.kick.parse import CHAT
from engage.errors import Ambiguous, ConfigError, Refused, Unavailable
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Limit, Quota, ReadBack, Renewed, Settle

MAX_LENGTH = 500  # characters
SUBSCRIPTIONS = "/events/subscriptions"


class KickConnector:
    """One channel. Config: `type` (bot or user), `base_url` in tests."""

    name: ClassVar[str] = "kick"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.LIVE})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset()  # Kick tells nothing in another way
    hides: ClassVar[frozenset[Surface]] = surfaces
    limits: Sequence[Limit] = (Limit(20, timedelta(seconds=30)),)  # ours: Kick publishes none
    quotas: Sequence[Quota] = ()
    settle = Settle.PARK
    readback_lag = timedelta(0)

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._type = str(account.config.get("type") or connect.AS[0])
        self._calls = Calls(account)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: Kick says `is_sent` where the chat does not take a line."""
        return Capabilities(may_reply=True, max_length=MAX_LENGTH, native_bot_label=self._type == "bot")

    async def send(self, reply: Outgoing) -> Receipt:
        """Write a line as the answer to another."""
        body = {
            "type": self._type,
            "content": reply.text,
            "broadcaster_user_id": int(self._account.platform_user_id),
            "reply_to_message_id": reply.in_reply_to,
        }
        said = await self._calls.post("/chat", body)
        message_id = get(said, "message_id")
        if get(said, "is_sent") is False:
            raise Refused("Kick did not let the line into the chat")
        if get(said, "is_sent") is not True or not isinstance(message_id, str) or not message_id:
            raise Ambiguous("Kick does not say whether the line is in the chat")
        return Receipt(message_id, datetime.now(UTC))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Nobody can read the chat back; a line that comes back by webhook settles itself."""
        return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        """Take a line away. Raises as a read does."""
        await self._calls.ask("DELETE", f"/chat/{receipt_id}")

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """A line can be taken away, not brought back."""
        if not hidden:
            raise Refused("Kick cannot bring a removed line back")
        await self.delete(message_id)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Ask for the chat's lines, unless they are asked for. The address is the one of the developer tab."""
        if await self._subscribed():
            return None
        events = [{"name": CHAT, "version": 1}]
        whose = int(self._account.platform_user_id)
        body: dict[str, Any] = {"events": events, "method": "webhook", "broadcaster_user_id": whose}
        said = await self._calls.ask("POST", SUBSCRIPTIONS, json=body)
        errors = [get(row, "error") for row in said] if isinstance(said, list) else []
        if told := [error for error in errors if isinstance(error, str) and error]:
            raise Unavailable(f"Kick does not subscribe: {told[0]}")
        return None

    async def _subscribed(self) -> bool:
        asked = {"broadcaster_user_id": self._account.platform_user_id}
        rows = await self._calls.ask("GET", SUBSCRIPTIONS, params=asked)
        return any(get(row, "event") == CHAT for row in items({"rows": rows}, "rows"))

    async def renew(self) -> Renewed:
        """New tokens; Kick's refresh token can be used once."""
        known, app = self._account.credentials, self._account.app
        tokens = await oauth.refresh(connect.provider(app), app, known.get("refresh_token", ""), datetime.now(UTC))
        return Renewed({**known, "access_token": tokens.access, "refresh_token": tokens.refresh}, tokens.expires_at)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, subscription, and whether the key that calls are held against is Kick's."""
        _, name = await connect.whose(self._account)
        found = [Finding("access", "ok", f"the token is {name}'s")]
        fix = "Enter it in the developer tab of Kick, and wait a minute" if callback_url else "Set public_url"
        on = bool(callback_url) and await self._subscribed()
        found.append(
            Finding("events", "ok" if on else "warn", "subscribed" if on else "not subscribed", "" if on else fix)
        )
        return [*found, await self._key()]

    async def _key(self) -> Finding:
        theirs = get(await self._calls.ask("GET", "/public-key"), "public_key")
        try:
            ours = [key.public_numbers() for key in keys_in(str(self._account.app.config.get("public_key", "")))]
            same = isinstance(theirs, str) and keys_in(theirs)[0].public_numbers() in ours
        except ConfigError as error:
            return Finding("public key", "fail", str(error), "")
        fix = "Copy the key from Kick's page on webhook security with `engage app set kick`"
        return Finding(
            "public key", "ok" if same else "fail", "Kick's" if same else "another than Kick's", "" if same else fix
        )

    async def close(self) -> None:
        """Release the connections."""
        await self._calls.close()


CONNECTOR: type[KickConnector] = KickConnector
