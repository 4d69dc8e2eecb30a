"""One account on X: replies in public where it was asked, direct messages, and the chat of its broadcasts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import ClassVar

from connectors import oauth
from connectors.x import chat, dms, examine, replies, subscriptions
from connectors.x.calls import Calls, now
from connectors.x.connect import SCOPES, in_xs_words, provider
from connectors.x.limits import LENGTH, plan_of
from connectors.x.live import IDLE, Live
from connectors.x.parse import DM
from engage.errors import ConfigError, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Page, ReadBack, Renewed, Settle

HOURLY = timedelta(hours=1)
NEEDED = {Surface.COMMENT: "tweet.write", Surface.DM: "dm.write", Surface.LIVE: "broadcast.write"}


class XConnector:
    """Config: automated_label, base_url, scopes, stream_idle_s (README.md)."""

    name: ClassVar[str] = "x"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.LIVE})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    settle = Settle.READBACK
    readback_lag = timedelta(seconds=30)

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._id = account.platform_user_id
        self._plan = plan_of(account.app)
        self._scopes = frozenset(account.config.get("scopes") or SCOPES)
        self._wanted = subscriptions.wanted_of(self._scopes, self._plan.rule)
        self._idle = self._silence()
        self._calls = Calls(account)
        self.limits: Sequence[Limit] = self._plan.limits()
        self.quotas: Sequence[Quota] = self._plan.quotas()

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: what was granted is known, and only posts that may be answered get so far."""
        missing = NEEDED[surface] not in self._scopes
        reason = f"the account was connected without {NEEDED[surface]}" if missing else ""
        length, unit = LENGTH[surface]
        label = surface is Surface.COMMENT and self._account.config.get("automated_label") is True
        return Capabilities(not missing, reason, length, unit, native_bot_label=label and not missing)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`, write it to the follower, or into the chat."""
        if reply.surface is Surface.DM:
            return await dms.post(self._calls, reply)
        if reply.surface is Surface.LIVE:
            return await chat.post(self._calls, reply)
        return await replies.post(self._calls, reply, links=self._plan.links)

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply`. The echo, which costs less, has mostly settled it before."""
        places = {Surface.DM: dms.find, Surface.LIVE: chat.find}
        return await places.get(reply.surface, replies.find)(self._calls, self._id, reply)

    async def delete(self, receipt_id: str) -> None:
        """Take a reply back; the second time is no error."""
        if receipt_id.startswith(DM):
            await dms.delete(self._calls, receipt_id)
        elif ":" in receipt_id:
            await chat.remove(self._calls, receipt_id)
        else:
            await replies.delete(self._calls, receipt_id)

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a reply under a post of the account's, or show it again. A line of chat is removed for good."""
        if surface is Surface.COMMENT:
            await replies.hide(self._calls, message_id, hidden=hidden)
        elif surface is Surface.LIVE and hidden:
            await chat.remove(self._calls, message_id)
        else:
            raise Refused("X hides no direct messages, and brings no line of chat back")

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        """The account's events over the application's stream."""
        pages = Live(self._account, self._plan, self._ask_for_events, self._idle).listen(cursor)
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def _ask_for_events(self) -> None:
        try:
            await subscriptions.ensure(self._calls, self._id, self._wanted)
        except Refused as error:  # a right or a contract is missing: nothing that asking soon would change
            raise Unavailable(str(error), retry_after=HOURLY) from None

    def _silence(self) -> timedelta:
        value = self._account.config.get("stream_idle_s")
        try:
            return IDLE if value is None else timedelta(seconds=max(0.1, float(value)))
        except (TypeError, ValueError, OverflowError):
            place, fix = f"account {self._account.id}", "Give a number of seconds."
            raise ConfigError(f"{value!r} is no time", key="stream_idle_s", place=place, fix=fix) from None

    async def subscribe(self, callback_url: str) -> datetime | None:
        """The account's events by webhook. Looked at hourly: X gives an address up that did not answer."""
        webhook = await subscriptions.webhook_at(self._calls, callback_url, now())
        await subscriptions.ensure(self._calls, self._id, self._wanted, webhook.id)
        return now() + HOURLY

    async def unsubscribe(self) -> None:
        """Nothing more is told, and so nothing more is charged for."""
        await subscriptions.end(self._calls, self._id)

    async def renew(self) -> Renewed:
        """New tokens. X's refresh tokens are good for once, so both are new."""
        known, app = self._account.credentials, self._account.app
        with in_xs_words():
            tokens = await oauth.refresh(provider(app), app, known.get("refresh_token", ""), now())
        return Renewed({**known, "access_token": tokens.access, "refresh_token": tokens.refresh}, tokens.expires_at)

    async def revoke(self) -> None:
        """End what X tells, and charges for; then void both tokens, of which X voids each alone."""
        try:
            await subscriptions.end(self._calls, self._id)
        finally:
            for token in filter(None, map(self._account.credentials.get, ("refresh_token", "access_token"))):
                await oauth.revoke(provider(self._account.app), self._account.app, token)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, scopes, money, and how events come."""
        return await examine.examine(self._calls, self._account, self._plan, SCOPES, self._wanted, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._calls.close()


CONNECTOR: type[XConnector] = XConnector
