"""Douyin's I/O for one account: answer, find, take back, look, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors.douyin import calls, examine, limits, live, permissions, posting, rooms, tokens
from connectors.douyin.looks import Look
from connectors.douyin.pages import Pages
from connectors.douyin.state import State
from engage.errors import Malformed, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Page, ReadBack, Renewed, Settle

POLL_WAIT = timedelta(minutes=2)
NOTHING_TO_POLL = timedelta(hours=1)
REFUSED_WAIT = timedelta(minutes=5)


class DouyinConnector:
    """One account. Config: scopes, business, comment_length, dm_length, base_url; see README.md."""

    name: ClassVar[str] = "douyin"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    limits: Sequence[Limit] = limits.LIMITS
    quotas: Sequence[Quota] = ()
    settle = Settle.READBACK
    readback_lag = timedelta(minutes=5)  # Douyin checks a comment before others see it

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._id = account.platform_user_id
        token = account.credentials.get("access_token", "")
        self._lengths = {one: limits.length(one, account.config, account.app.config) for one in Surface}
        self._http = calls.client(account.config, account.app.config, token)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: what Douyin would refuse is known by the account's scopes, its kind, and the time."""
        length = self._lengths[surface]
        if surface is Surface.DM:
            ends_at = heard_at + limits.WINDOW
            why = permissions.why_no_messages(self._account.config)
            if not why and now >= ends_at:
                why = "24 hours have passed since the follower wrote"
            return Capabilities(not why, why, max_length=length, window_ends_at=ends_at)
        why = self._why_no_overlay() if surface is Surface.LIVE else permissions.why_no_comments(self._account.config)
        return Capabilities(not why, why, max_length=length)

    def _why_no_overlay(self) -> str:
        mine = rooms.rooms_of(self._account.app.config, self._id)
        return "" if mine else "no live room of this account is entered (live_rooms of the application)"

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`; into a live room nothing can be written, so there it goes onto the overlay."""
        if reply.surface is Surface.LIVE:
            return posting.overlay(reply)
        post = posting.comment if reply.surface is Surface.COMMENT else posting.message
        return await post(self._http, self._id, reply)

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply`: a comment in its thread; a direct message cannot be read."""
        return await posting.find(self._http, self._id, reply)

    async def delete(self, receipt_id: str) -> None:
        """Take a direct message back. Raises Refused for a comment."""
        await posting.take_back(self._http, self._id, receipt_id)

    async def poll(self, cursor: str) -> Page:
        """A look at the comments of the newest videos. Direct messages can be polled nowhere."""
        config = self._account.config
        if not (permissions.has(config, permissions.COMMENTS) and permissions.has(config, permissions.VIDEOS)):
            return Page([], cursor, NOTHING_TO_POLL)
        state = State.read(cursor)
        look = Look(Pages(self._http, self._id), self._id, state, datetime.now(UTC))
        try:
            await look.run()
        except Refused as error:
            raise Unavailable(f"comments may not be read: {error}", retry_after=REFUSED_WAIT) from None
        except Malformed as error:
            raise Unavailable(f"Douyin's answer is not what it should be: {error}") from None
        return Page(look.found, state.written, POLL_WAIT)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Events are switched on in the console; the comments of a live room are asked for here."""
        return await live.start(self._account, datetime.now(UTC))

    async def renew(self) -> Renewed:
        """Access for another 15 days, and in time the right to it."""
        return await tokens.renew(self._account, datetime.now(UTC))

    async def revoke(self) -> None:
        """Live comments are pushed no more. Raises Refused all the same: the access only the creator takes back."""
        await live.stop(self._account)
        where = "我 → 设置 → 账号与安全 → 授权管理"
        raise Refused(f"Douyin lets nobody but the creator withdraw the access, in the app: {where}")

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """What the account may do, asked of Douyin."""
        return await examine.findings(self._http, self._account, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


CONNECTOR: type[DouyinConnector] = DouyinConnector
