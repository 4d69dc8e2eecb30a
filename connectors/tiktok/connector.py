"""TikTok's I/O for one account: answer, find, take back, hide, look, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors.oauth import client_id
from connectors.tiktok import calls, examine, limits, permissions, posting, state, tokens
from connectors.tiktok.comments import CommentLook
from connectors.tiktok.envelope import Gone
from connectors.tiktok.messages import MessageLook
from connectors.tiktok.names import is_comment, parts_of
from connectors.tiktok.pages import Pages
from connectors.tiktok.state import State
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Page, RawEvent, ReadBack, Renewed, Settle

POLL_WAIT = timedelta(minutes=1)  # TikTok counts an account's calls of an endpoint by the minute
REFUSED_WAIT = timedelta(minutes=5)
EVENT_TYPES = {"COMMENT": Surface.COMMENT, "DIRECT_MESSAGE": Surface.DM}


class TikTokConnector:
    """One account. Config: region, scopes, business, comment_length, base_url; see README.md."""

    name: ClassVar[str] = "tiktok"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.DM})
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    # Webhooks tell of comments without saying whose they are: the poll is needed beside them.
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    settle = Settle.READBACK
    readback_lag = timedelta(minutes=5)  # within which TikTok itself tells of a new comment

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._id = account.platform_user_id
        self.limits = limits.limits(account.app)
        self.quotas = limits.quotas(account.app)
        self._comment_length = limits.comment_length(account.config, account.app.config)
        self._http = calls.client(account.config, account.app.config, account.credentials.get("access_token", ""))

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: what TikTok would refuse is known by the account's country, kind and scopes."""
        config, ends_at = self._account.config, heard_at + limits.WINDOW
        if surface is Surface.COMMENT:
            why = permissions.why_no_comments(config)
            return Capabilities(not why, why, max_length=self._comment_length)
        why = permissions.why_no_messages(config, self._account.app.config)
        if not why and now >= ends_at:
            why = "48 hours have passed since the follower wrote"
        return Capabilities(not why, why, max_length=limits.MESSAGE_LENGTH, window_ends_at=ends_at)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`."""
        if reply.surface is Surface.COMMENT:
            return await posting.comment(self._http, self._id, reply)
        return await posting.message(self._http, self._id, reply)

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` in its thread or conversation."""
        return await posting.find(self._http, self._id, reply)

    async def delete(self, receipt_id: str) -> None:
        """Take a comment back; the second time is no error. Raises Refused for a direct message."""
        if not is_comment(receipt_id):
            raise Refused("TikTok takes no direct message back: the creator can, in the app")
        asked = {"business_id": self._id, "comment_id": parts_of(receipt_id)[1]}
        try:
            await calls.put(self._http, "/business/comment/delete/", asked)
        except Gone:
            return

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a comment, or show it again; TikTok may keep it hidden for reasons of its own."""
        if surface is not Surface.COMMENT or not is_comment(message_id):
            raise Refused("TikTok hides comments only")
        video_id, comment_id = parts_of(message_id)
        asked = {"business_id": self._id, "video_id": video_id, "comment_id": comment_id}
        await calls.put(self._http, "/business/comment/hide/", {**asked, "action": "HIDE" if hidden else "UNHIDE"})

    async def poll(self, cursor: str) -> Page:
        """A look at the comments, and at the direct messages where the account may read them."""
        kept, now = state.read(cursor), datetime.now(UTC)
        try:
            comments, taken = await self._comments(kept, now)
            messages, taken_too = await self._messages(kept, now)
        except Malformed as error:
            raise Unavailable(f"TikTok's answer is not what it should be: {error}") from None
        unspent = max(0, limits.LOOK - taken - taken_too)
        return Page([*comments, *messages], state.written(kept), POLL_WAIT, unspent)

    async def _comments(self, kept: State, now: datetime) -> tuple[list[RawEvent], int]:
        if not permissions.has(self._account.config, permissions.READ_COMMENTS):
            return [], 0
        pages = Pages(self._http, self._id)
        look = CommentLook(pages, self._id, kept, now)
        try:
            await look.run()
        except Refused as error:
            raise Unavailable(f"comments may not be read: {error}", retry_after=REFUSED_WAIT) from None
        return look.found, pages.taken

    async def _messages(self, kept: State, now: datetime) -> tuple[list[RawEvent], int]:
        """Where they are refused, comments must go on: `engage doctor` says what is wrong."""
        app_config = self._account.app.config
        if permissions.why_no_messages(self._account.config, app_config, permissions.READ_MESSAGES):
            return [], 0
        look = MessageLook(self._http, self._id, kept, now)
        try:
            await look.run()
        except Refused:
            return [], look.taken
        return look.found, look.taken

    async def subscribe(self, callback_url: str) -> datetime | None:
        """One address for all accounts of the app, set again each day: what holds is set to itself."""
        app = self._account.app
        for event_type, surface in EVENT_TYPES.items():
            if surface is Surface.DM and permissions.why_no_messages(self._account.config, app.config):
                continue
            asked = {"app_id": client_id(app), "secret": tokens.current_secret(app), "event_type": event_type}
            await calls.put(self._http, "/business/webhook/update/", {**asked, "callback_url": callback_url})
        return None

    async def renew(self) -> Renewed:
        """A new day's access; TikTok gives a new refresh token with it."""
        known = self._account.credentials
        grant = {"grant_type": "refresh_token", "refresh_token": known.get("refresh_token", "")}
        try:
            new = await tokens.ask(self._account.app, self._account.config, tokens.REFRESH, grant, datetime.now(UTC))
        except Refused as error:
            raise Unauthorized(f"the grant is over: connect the account again ({error})") from None
        return Renewed({**known, "access_token": new.access, "refresh_token": new.refresh}, new.expires_at)

    async def revoke(self) -> None:
        """Give the access back. The address for events stays: it is the application's."""
        access = self._account.credentials.get("access_token", "")
        await tokens.revoke(self._http, self._account.app, access)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """What the account may do, asked of TikTok."""
        return await examine.findings(self._http, self._account, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


CONNECTOR: type[TikTokConnector] = TikTokConnector
