"""Bluesky's I/O for one account: polling, replies and direct messages, hiding, taking back, renewing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from connectors.bluesky import dms, hiding, oauth, posts, profiles, refreshing
from connectors.bluesky.examine import examine
from connectors.bluesky.limits import LIMITS, QUOTAS
from connectors.bluesky.looks import look
from connectors.bluesky.refreshing import long_token
from connectors.bluesky.xrpc import Calls, by_consent
from engage.errors import ConfigError, EngageError, Refused
from engage.limits import Limit, Quota
from engage.models import Capabilities, LengthUnit, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Page, ReadBack, Renewed, Settle

MAX_LENGTH = {Surface.COMMENT: 300, Surface.DM: 1000}
POLL_SECONDS = 10.0
LABEL_KEPT = timedelta(minutes=10)  # how long what the profile says is believed


class BlueskyConnector:
    """One account. Config: service, scope, dms, bot_label (all of the grant), poll_s, base_url; see README.md."""

    name: ClassVar[str] = "bluesky"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(MAX_LENGTH)
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    limits: Sequence[Limit] = LIMITS
    quotas: Sequence[Quota] = QUOTAS
    settle = Settle.READBACK
    readback_lag = timedelta(seconds=30)  # longer than a call may take: what is being written is there then

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._calls = Calls(account)
        self._wait = self._wait_of(account)
        self._labelled: tuple[datetime, bool] | None = None

    def _wait_of(self, account: AccountLink) -> timedelta:
        value = account.config.get("poll_s", POLL_SECONDS)
        try:
            return timedelta(seconds=max(0.0, float(value)))
        except (TypeError, ValueError, OverflowError):
            place, fix = f"bluesky account {account.handle or account.id}", "Give a number of seconds."
            raise ConfigError(f"{value!r} is no time", key="poll_s", place=place, fix=fix) from None

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Whether the profile still labels the account as a bot is asked now and then: without it words must tell."""
        closed = surface is Surface.DM and self._account.config.get("dms") is False
        return Capabilities(
            may_reply=not closed,
            reason="what was granted does not open direct messages" if closed else "",
            max_length=MAX_LENGTH[surface],
            unit=LengthUnit.GRAPHEMES,
            native_bot_label=await self._is_labelled(now),
        )

    async def _is_labelled(self, now: datetime) -> bool:
        if self._account.config.get("bot_label") is not True:
            return False
        if self._labelled is None or now - self._labelled[0] > LABEL_KEPT:
            try:
                self._labelled = now, await profiles.labelled(self._calls)
            except EngageError:
                return False  # nobody knows: words tell it
        return self._labelled[1]

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`, under its own key in the repository or as a direct message."""
        if reply.surface is Surface.DM:
            return await dms.send(self._calls, reply)
        return await posts.send(self._calls, reply)

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply`: a post by its key, a direct message in its conversation."""
        if reply.surface is Surface.DM:
            return await dms.find(self._calls, reply)
        return await posts.find(self._calls, reply)

    async def delete(self, receipt_id: str) -> None:
        """Take a post back; of a direct message that is Refused."""
        await posts.delete(self._calls, receipt_id)

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a reply in a thread of the account's own, or show it again."""
        if surface is not Surface.COMMENT:
            raise Refused("a direct message cannot be hidden")
        await hiding.hide(self._calls, message_id, hidden=hidden)

    async def poll(self, cursor: str) -> Page:
        """What is new since `cursor`: mentions and replies, the account's own replies, direct messages."""
        return await look(self._calls, cursor, self._wait, self._account.config.get("dms") is not False)

    async def renew(self) -> Renewed:
        """A new pair of tokens for the long one."""
        if by_consent(self._account):
            return await oauth.renew(self._account)
        return await refreshing.renew(self._account, self._calls)

    async def revoke(self) -> None:
        """End the session, or give the grant back."""
        if by_consent(self._account):
            await oauth.revoke(self._account)
        else:
            await self._calls.write("com.atproto.server.deleteSession", None, long_token(self._account))

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, direct messages, the label, what is left of limits."""
        return await examine(self._calls, self._account.config.get("bot_label") is True)

    async def close(self) -> None:
        """Release the connections."""
        await self._calls.close()


CONNECTOR: type[BlueskyConnector] = BlueskyConnector
