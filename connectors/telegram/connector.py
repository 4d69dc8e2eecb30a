"""Telegram's I/O for one bot: send, take back, listen, and verify its webhooks."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.fields import epoch, id_of
from connectors.telegram import updates
from connectors.telegram.api import Api, Gone, base_url
from connectors.telegram.examine import Examination
from connectors.telegram.limits import LIMITS, MAX_LENGTH
from connectors.telegram.own import Own
from connectors.telegram.parse import UPDATES
from connectors.telegram.places import Kind, Place, Written
from connectors.telegram.secretary import as_creator, may_not
from engage.errors import Ambiguous, ConfigError, Malformed, Refused
from engage.limits import Limit, Quota
from engage.models import Capabilities, LengthUnit, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, RawEvent, ReadBack, Settle


class TelegramConnector:
    """One bot. Config: base_url, owner_id, owner_name, channel_id, group_id; see README.md."""

    name: ClassVar[str] = "telegram"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.DM, Surface.COMMENT})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()  # Telegram gives updates to one of the two
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})

    def __init__(self, account: AccountLink) -> None:
        self.limits: Sequence[Limit] = LIMITS
        self.quotas: Sequence[Quota] = ()
        self.settle = Settle.PARK
        self.readback_lag = timedelta()
        self._account = account
        self._own = Own(
            id=account.platform_user_id,
            username=account.handle.removeprefix("@"),
            owner_id=str(account.config.get("owner_id") or ""),
            owner_name=str(account.config.get("owner_name") or ""),
            channel_id=str(account.config.get("channel_id") or ""),
            group_id=str(account.config.get("group_id") or ""),
        )
        self._base_url = base_url(account.config, account.app.config)
        self._api = Api(self._base_url, self._credential("bot_token"))

    def _credential(self, key: str) -> str:
        value = self._account.credentials.get(key, "").strip()
        if not value:
            place = f"telegram account {self._account.handle or self._account.id}"
            raise ConfigError("it is missing", key=key, place=place, fix="Connect the account again.")
        return value

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Telegram is asked only where the reply would be the creator's own."""
        try:
            place = Place.read(conversation_id)
        except ValueError:
            return may_not(f"{conversation_id!r} is no conversation of Telegram's")
        if place.kind is Kind.BUSINESS:
            return await as_creator(self._api, self._own, place, heard_at)
        labelled = place.kind is Kind.BOT
        return Capabilities(True, max_length=MAX_LENGTH, unit=LengthUnit.UTF16, native_bot_label=labelled)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` as an answer to its message. Refused where that is deleted, but not in a creator's own chats."""
        try:
            place, parent = Place.read(reply.conversation_id), Written.read(reply.in_reply_to)
            body = {**place.fields(), "text": reply.text, "reply_parameters": {"message_id": parent.number}}
        except ValueError:
            raise Refused(f"{reply.conversation_id!r} is no conversation of Telegram's") from None
        answer = await self._api.post("sendMessage", body)
        try:
            said = answer.json()["result"]
            number = id_of(said, "message_id")
        except (ValueError, KeyError, TypeError, Malformed):
            raise Ambiguous("Telegram accepted the reply, but its receipt is unreadable") from None
        if number == "0":  # https://core.telegram.org/bots/api#message, message_id
            raise Ambiguous("Telegram has put the reply off and gave it no id")
        return Receipt(place.message(number), _sent_at(said))

    async def find(self, reply: Outgoing) -> ReadBack:
        """A bot cannot read what was written before."""
        return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back; the second time is no error. Refused after 48 hours."""
        await self._remove(receipt_id)

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Delete a comment: Telegram hides nothing, so it cannot be shown again."""
        if not hidden:
            raise Refused("Telegram deletes what is hidden: it cannot be shown again")
        await self._remove(message_id)

    async def _remove(self, message_id: str) -> None:
        try:
            written = Written.read(message_id)
        except ValueError:
            raise Refused(f"{message_id!r} is no message of Telegram's") from None
        with suppress(Gone):
            if written.connection:
                gone = {"business_connection_id": written.connection, "message_ids": [written.number]}
                await self._api.ask("deleteBusinessMessages", gone)
            else:
                await self._api.ask("deleteMessage", {"chat_id": written.chat, "message_id": written.number})

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Telegram asks for no proof."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> RawEvent:
        """Verify a webhook. Raises InvalidSignature or Malformed."""
        return updates.delivered(headers, body, self._credential("webhook_secret").split(), self._own)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Have Telegram call us, with the first of the secrets."""
        await updates.ask_for_webhooks(self._api, callback_url, self._credential("webhook_secret").split()[0])
        return None

    async def revoke(self) -> None:
        """Telegram calls us no more. Raises Refused all the same: only a bot's owner voids its token."""
        await self._api.ask("deleteWebhook")
        raise Refused("only its owner voids a bot's token: tell @BotFather /revoke")

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        """Long polling; it takes the webhook off. `cursor` is the next update's id."""
        api = Api(self._base_url, self._credential("bot_token"), updates.PATIENCE)
        try:
            async for page in updates.listen(api, self._own, cursor):
                yield page
        finally:
            await api.close()

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """The token, what the bot may see, and how updates come."""
        return await Examination(self._api, self._own, UPDATES).findings(callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._api.close()


def _sent_at(message: Any) -> datetime:
    """When Telegram says it was posted; that it was does not hang on this."""
    try:
        return epoch(message, "date")
    except Malformed:
        return datetime.now(UTC)


CONNECTOR: type[TelegramConnector] = TelegramConnector
