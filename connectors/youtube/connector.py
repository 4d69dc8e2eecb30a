"""A YouTube channel: what it can do, and which file does it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors import http, oauth
from connectors.youtube import connect, examination, replies, websub
from connectors.youtube.calls import Calls, host_of
from connectors.youtube.comments import look
from connectors.youtube.limits import CHAT_REPLY, COMMENT_REPLY, LIST, LOOK, SPELL, plan_of, until_reset
from connectors.youtube.live import LIST_EVERY, RECONNECT, SPELL_LASTS, LiveChat, Pace
from connectors.youtube.mentions import LONGEST
from connectors.youtube.refusals import Said, not_before
from engage.errors import ConfigError, RateLimited, Refused, Retryable, Unavailable
from engage.limits import POLL, STREAM, Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Page, RawEvent, ReadBack, Renewed, Settle

# Characters. A mention may have to stand before the text, so that much is kept free.
MAX_LENGTH = {Surface.COMMENT: 10_000, Surface.LIVE: 200}
TOO_FAST = timedelta(minutes=5)  # the wait after a reply that was too fast: YouTube may count what it refuses
LONGEST_LOOK = timedelta(seconds=75)  # before the listener gives it up, which knows no pace
REFUSED_FOR = timedelta(hours=1)  # how long a poll rests that YouTube refuses


class YouTubeConnector:
    """One channel. Config: base_url, hub_url, live_search_s, live_list_s, live_reconnect_s; see README.md."""

    name: ClassVar[str] = "youtube"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.LIVE})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"poll", "stream"})  # webhooks tell of new videos only
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll", "stream"})
    hides: ClassVar[frozenset[Surface]] = surfaces
    data_days: ClassVar[int] = 30  # developers.google.com/youtube/terms/developer-policies, III.E.4

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._plan = plan_of(account.app)
        self.limits: Sequence[Limit] = ()  # an owner writes in the own chat as often as they like
        self.quotas: Sequence[Quota] = self._plan.quotas()
        self.settle = Settle.READBACK
        self.readback_lag = timedelta(seconds=60)
        self._calls = Calls(account)

    @property
    def _channel(self) -> str:
        return self._account.platform_user_id

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: whether a thread or chat is still open costs units, and the send finds out."""
        return Capabilities(may_reply=True, max_length=MAX_LENGTH[surface] - LONGEST)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` under its thread, or in its chat."""
        post = replies.post_chat if reply.surface is Surface.LIVE else replies.post_comment
        try:
            return await post(self._calls, reply)
        except Said as error:
            raise Refused(str(error)) from None
        except RateLimited as error:  # a call that was refused has its price
            price = CHAT_REPLY if reply.surface is Surface.LIVE else COMMENT_REPLY
            raise RateLimited(str(error), retry_after=error.retry_after or TOO_FAST, spent=price) from None
        except Unavailable as error:
            error.spent += LIST  # whether the comment is still there may have been asked
            raise

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among what the channel wrote there."""
        find = replies.find_chat if reply.surface is Surface.LIVE else replies.find_comment
        return await find(self._calls, self._channel, reply)

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back; the second time is no error."""
        await self._remove("comments" if receipt_id.startswith("Ug") else replies.CHAT, receipt_id)

    async def _remove(self, method: str, message_id: str) -> None:
        try:
            await self._calls.repeatable("DELETE", method, id=message_id)
        except Said as error:
            if not error.gone:
                raise Refused(str(error)) from None

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hold a comment for review, or publish it again. A live message can only be removed."""
        if surface is Surface.COMMENT:
            status = "heldForReview" if hidden else "published"
            await self._calls.repeatable("POST", "comments/setModerationStatus", id=message_id, moderationStatus=status)
        elif hidden:
            await self._remove(replies.CHAT, message_id)
        else:
            raise Refused("YouTube cannot bring a removed chat message back")

    async def poll(self, cursor: str) -> Page:
        """New and changed comments of all videos. A look in vain keeps its units, so it is not repeated at once."""
        in_vain = self._plan.lasting(POLL, LOOK)
        try:
            async with asyncio.timeout(LONGEST_LOOK.total_seconds()):
                seen = await look(self._calls, self._channel, cursor, datetime.now(UTC))
        except TimeoutError:
            raise Unavailable("YouTube is too slow", retry_after=in_vain) from None
        except Said as error:
            raise Unavailable(str(error), retry_after=max(REFUSED_FOR, in_vain)) from None
        except Retryable as error:
            raise not_before(error, in_vain) from None
        return Page(seen.events, seen.cursor, self._plan.pause_after(seen.spent), unspent=LOOK - seen.spent)

    def listen(self, cursor: str) -> AsyncIterator[Page]:
        """The live chat, whenever there is one."""
        pace = Pace(
            search=self._seconds("live_search_s", self._plan.search_every()),
            listing=self._seconds("live_list_s", LIST_EVERY),
            reconnect=self._seconds("live_reconnect_s", RECONNECT),
            in_vain=self._plan.lasting(STREAM, SPELL),
        )
        now = datetime.now(UTC)
        return LiveChat(self._calls, pace, now + min(SPELL_LASTS, until_reset(now))).listen(cursor)

    def _seconds(self, key: str, default: timedelta) -> timedelta:
        value = self._account.config.get(key)
        try:
            return default if value is None else timedelta(seconds=max(0.0, float(value)))
        except (TypeError, ValueError, OverflowError):
            fix = "Give a number of seconds."
            place = f"YouTube account {self._account.handle or self._account.id}"
            raise ConfigError(f"{value!r} is no time", key=key, place=place, fix=fix) from None

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The hub asks whether the subscription was ours."""
        return websub.answer(self._channel, query)

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> RawEvent:
        """Verify the hub's feed. Raises InvalidSignature or Malformed."""
        websub.verify(self._secrets(), headers, body)
        return websub.event(body)

    def _secrets(self) -> list[str]:
        secrets = self._account.credentials.get("webhook_secret", "").split()
        if not secrets:
            place = f"YouTube account {self._account.handle or self._account.id}"
            raise ConfigError("it is missing", key="webhook_secret", place=place, fix="Connect the account again.")
        return secrets

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Ask the hub for news of the channel's videos."""
        hub = host_of(self._account, "hub_url", websub.HUB)
        form = websub.subscription(self._channel, callback_url, self._secrets()[0])
        async with http.client(hub) as calls:
            await http.read(calls, calls.build_request("POST", websub.SUBSCRIBE, data=form))
        return datetime.now(UTC) + websub.AGAIN

    async def renew(self) -> Renewed:
        """A new access token. Google's refresh token stays the same, so nothing is lost where the answer is."""
        known, app = self._account.credentials, self._account.app
        tokens = await oauth.refresh(connect.provider(app), app, known.get("refresh_token", ""), datetime.now(UTC))
        fresh = {"access_token": tokens.access, "refresh_token": tokens.refresh}
        return Renewed({**known, **fresh}, tokens.expires_at)

    async def revoke(self) -> None:
        """Give the access back. The hub's subscription ends by itself: it lasts for days, and tells of videos only."""
        await connect.give_back(self._account)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """What `engage doctor --account` shows; it takes three units."""
        return await examination.findings(self._calls, self._channel, self._plan, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._calls.close()


CONNECTOR: type[YouTubeConnector] = YouTubeConnector
