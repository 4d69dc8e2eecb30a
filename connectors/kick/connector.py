"""Kick's I/O: write in the chat, take a line away, ask for events, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors import oauth
from connectors.fields import get
from connectors.kick import connect, examine
from connectors.kick.calls import Calls
from connectors.kick.subscriptions import missing, subscribe, unsubscribe
from engage.errors import Ambiguous, Refused
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, ReadBack, Renewed, Settle

MAX_LENGTH = 500  # characters
COMMANDS = ("!", "/")  # chatbots do what they are told so, most of all by the creator
HOURLY = timedelta(hours=1)  # Kick tells nobody that it dropped a subscription


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
        by_bot = self._type == "bot"
        if by_bot and not self._account.app.config.get("bot"):
            return Capabilities(may_reply=False, reason="the application's bot is not named: it might answer itself")
        return Capabilities(may_reply=True, max_length=MAX_LENGTH)

    async def send(self, reply: Outgoing) -> Receipt:
        """Write a line as the answer to another."""
        if reply.text.lstrip().startswith(COMMANDS):
            raise Refused("its first word would be taken for a command")
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
        """Take a line away; the second time is no error. Raises as a read does."""
        await self._calls.remove(f"/chat/{receipt_id}")

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """A line can be taken away, not brought back."""
        if not hidden:
            raise Refused("Kick cannot bring a removed line back")
        await self.delete(message_id)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Ask for the chat's lines and bans, unless they are asked for. The address is the one of the developer tab."""
        if wanted := await missing(self._calls, self._account.platform_user_id):
            await subscribe(self._calls, self._account.platform_user_id, wanted)
        return datetime.now(UTC) + HOURLY

    async def renew(self) -> Renewed:
        """New tokens; Kick's refresh token can be used once."""
        known, app = self._account.credentials, self._account.app
        with connect.unblocked():
            tokens = await oauth.refresh(connect.provider(app), app, known.get("refresh_token", ""), datetime.now(UTC))
        return Renewed({**known, "access_token": tokens.access, "refresh_token": tokens.refresh}, tokens.expires_at)

    async def revoke(self) -> None:
        """End the subscription, then void the tokens."""
        try:
            await unsubscribe(self._calls, self._account.platform_user_id)
        finally:
            await connect.give_back(self._account)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, scopes, subscription, the bot, and whether the key that calls are held against is Kick's."""
        return await examine.examine(self._calls, self._account, self._type, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._calls.close()


CONNECTOR: type[KickConnector] = KickConnector
