"""One channel on Twitch: its live chat, and whispers to its owner where they are switched on."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from connectors import oauth
from connectors.twitch import examine, limits
from connectors.twitch.helix import LINES, PRIVATE, Helix, now, quiet_until
from connectors.twitch.hosts import hosts_for
from connectors.twitch.live import HOURLY, Live
from connectors.twitch.parse import WHISPER
from connectors.twitch.posts import chat_body, sent_id
from connectors.twitch.subscriptions import Wanted, end, held_for, held_of, over_socket, over_webhook, wanted_of
from connectors.twitch.tokens import CHANNEL_BOT, SCOPES, WHISPERS, give_back, in_twitchs_words, provider
from connectors.twitch.webhooks import secrets_of, valid_since
from engage.errors import Ambiguous, Malformed, Refused, Unauthorized
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Renewed, Settle


class TwitchConnector:
    """The account is the broadcaster's. Config: base_url, bot_moderates, bot_user_id, scopes, whispers (README.md)."""

    name: ClassVar[str] = "twitch"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.LIVE, Surface.DM})
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.LIVE})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    # No key, no history to read. The line comes back as an event, and that settles it where it was posted.
    settle = Settle.PARK
    readback_lag = timedelta()

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._id = account.platform_user_id
        self._bot = str(account.config.get("bot_user_id") or self._id)
        self._scopes = frozenset(account.config.get("scopes") or ())
        self._whispers = account.config.get("whispers") is True
        # The badge is for what an application posts; a bot account of its own can write in no other way.
        self._as_app = CHANNEL_BOT in self._scopes or self._bot != self._id
        self._hosts = hosts_for(account)
        self._helix = Helix(account, self._hosts)
        self._moderates = self._bot == self._id or account.config.get("bot_moderates") is True
        client_id = str(account.app.config.get("client_id", ""))
        self.limits = limits.limits(client_id, self._id, self._bot, moderates=self._moderates, as_app=self._as_app)
        self.quotas = limits.quotas()

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: what was granted is known since the account was connected."""
        reason = self._silent_because(surface)
        badge = surface is Surface.LIVE and CHANNEL_BOT in self._scopes and self._bot != self._id
        return Capabilities(not reason, reason, limits.LENGTH[surface], native_bot_label=badge and not reason)

    def _silent_because(self, surface: Surface) -> str:
        if surface is Surface.DM and not self._whispers:
            return "whispers are off for this account"
        scope = WHISPERS if surface is Surface.DM else "user:write:chat"
        alone = surface is Surface.DM or self._bot == self._id
        return f"the account was connected without {scope}" if alone and scope not in self._scopes else ""

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` in the chat, or whisper it."""
        if reply.surface is Surface.DM:
            return await self._whisper(reply)
        body = chat_body(reply, self._bot, as_app=self._as_app)
        answer = await self._helix.write(LINES, body, as_app=self._as_app)
        try:
            message_id = sent_id(answer.json())
        except (ValueError, Malformed):
            raise Ambiguous("Twitch accepted the message, but its receipt is unreadable") from None
        return Receipt(message_id, now(), quiet_until(answer, now()))

    async def _whisper(self, reply: Outgoing) -> Receipt:
        """Twitch gives a whisper no id, and does not say where it drops one silently."""
        to = reply.conversation_id.removeprefix(WHISPER)
        query = {"from_user_id": self._id, "to_user_id": to}
        answer = await self._helix.write(PRIVATE, {"message": reply.text}, as_app=False, **query)
        return Receipt(WHISPER + reply.id, now(), quiet_until(answer, now()))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Twitch has no history of a chat."""
        return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        """Take a line of ours back, within 6 hours. Twitch deletes no broadcaster's line and no whisper."""
        if receipt_id.startswith(WHISPER):
            raise Refused("a whisper cannot be taken back")
        await self._remove(receipt_id)

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Delete a follower's line from the chat, within 6 hours; nothing brings it back."""
        if surface is not Surface.LIVE or not hidden:
            raise Refused("Twitch can only delete a line of chat, and not show it again")
        await self._remove(message_id)

    async def _remove(self, message_id: str) -> None:
        query = {"broadcaster_id": self._id, "moderator_id": self._id, "message_id": message_id}
        await self._helix.ask("DELETE", "/moderation/chat", as_app=False, **query)

    def listen(self, cursor: str) -> AsyncIterator[Page]:
        """The account's events over a WebSocket; by the creator's own token, so the chat is read as the creator."""

        async def subscribe(session_id: str) -> None:
            await over_socket(self._helix, self._wanted(self._id), session_id)

        return Live(self._hosts.stream, self._bot, subscribe, self._helix.validate).listen(cursor)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """The account's events by webhook. Asked hourly, as Twitch wants a token validated that often."""
        await self._helix.validate()
        newest, since = secrets_of(self._account.app)[0], valid_since(self._account.app)
        gone = Wanted("user.authorization.revoke", {"client_id": oauth.client_id(self._account.app)})
        for known, wanted in (
            (await held_for(self._helix, self._id), self._wanted(self._bot)),
            (await held_of(self._helix, gone), (gone,)),  # one for all accounts
        ):
            await over_webhook(self._helix, known, wanted, callback_url, newest, since)
        return now() + HOURLY

    def _wanted(self, reader_id: str) -> tuple[Wanted, ...]:
        return wanted_of(self._id, reader_id, whispers=self._whispers and WHISPERS in self._scopes)

    async def renew(self) -> Renewed:
        """New tokens; the refresh token may change, and both are kept."""
        known = self._account.credentials
        try:
            with in_twitchs_words():
                asked = provider(self._hosts)
                tokens = await oauth.refresh(asked, self._account.app, known.get("refresh_token", ""), now())
        except Refused as error:  # 400 Invalid refresh token
            raise Unauthorized(str(error)) from None
        new = {"access_token": tokens.access, "refresh_token": tokens.refresh}
        return Renewed({**known, **new}, tokens.expires_at)

    async def revoke(self) -> None:
        """End the subscriptions of webhooks, those at former addresses too, and void the token."""
        try:
            await end(self._helix, await held_for(self._helix, self._id))
        finally:
            await give_back(self._account.app, self._hosts, self._account.credentials.get("access_token", ""))

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, scopes, points and subscriptions."""
        needed = (*SCOPES, WHISPERS) if self._whispers else SCOPES
        wanted = self._wanted(self._bot)
        return await examine.examine(
            self._helix, self._account, needed, wanted, callback_url, moderates=self._moderates
        )

    async def close(self) -> None:
        """Release the connections."""
        await self._helix.close()


CONNECTOR: type[TwitchConnector] = TwitchConnector
