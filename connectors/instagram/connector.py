"""Instagram's I/O: answer comments and messages, find what was posted, take it back, hide, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.instagram import examination, polls
from connectors.instagram.connect import GRAPH, LOGIN
from connectors.instagram.limits import LIMITS, MAX_LENGTH, PRIVATE_REPLY_WINDOW, WINDOW, is_private
from connectors.instagram.parse import PRODUCT
from connectors.meta import quiet_until
from connectors.meta_deauthorization import GRANTED_BY
from connectors.meta_graph import VERSION, Graph, host, new_id
from connectors.meta_inbox import UNREADABLE, Inbox, found_in
from connectors.meta_messages import DIRECT
from engage.errors import Malformed, RateLimited, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, LengthUnit, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Renewed, Settle

SUBSCRIBED = ("comments", "live_comments", "messages", "messaging_postbacks")
PAGES = 10  # of 50 replies below a comment


class InstagramConnector:
    """One professional account. Config: `version` of the Graph API, `base_url` in tests."""

    name: ClassVar[str] = PRODUCT
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    limits: Sequence[Limit] = LIMITS
    quotas: Sequence[Quota] = ()
    settle = Settle.READBACK
    readback_lag = timedelta(seconds=20)  # Meta says nothing of it

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._own = account.platform_user_id
        self._base = host(account.config, account.app, GRAPH)
        version = account.config.get("version") or account.app.config.get("version") or VERSION
        self._graph = Graph(self._base, str(version), account.credentials.get("access_token", ""))
        scoped = str(account.config.get(GRANTED_BY) or "")
        self._inbox = Inbox(self._graph, PRODUCT, self._own, account.handle, scoped)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: the windows count from the follower's message."""
        if surface is Surface.COMMENT:
            open_still = now < heard_at + PRIVATE_REPLY_WINDOW
            return Capabilities(may_reply=True, max_length=MAX_LENGTH[surface], private_reply=open_still)
        ends_at = None  # a broadcast ends when it ends
        if surface is Surface.DM:
            ends_at = heard_at + (PRIVATE_REPLY_WINDOW if is_private(surface, conversation_id) else WINDOW)
        over = ends_at is not None and now >= ends_at
        return Capabilities(
            may_reply=not over,
            reason="Instagram's window for a reply is over" if over else "",
            max_length=MAX_LENGTH[surface],
            unit=LengthUnit.BYTES,
            window_ends_at=ends_at,
        )

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`: below a comment, or as a message; to a live comment, as the private reply that it allows."""
        if reply.surface is Surface.COMMENT:
            answer = await self._graph.post(f"/{_root(reply)}/replies", data={"message": reply.text})
            receipt_id = new_id(answer, "id")
        else:
            answer = await self._graph.post(f"/{self._own}/messages", json=_direct(reply))
            receipt_id = new_id(answer, "message_id")
        now = datetime.now(UTC)
        return Receipt(receipt_id, now, quiet_until(answer.headers, now))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among the account's own below the comment, or in the conversation with the follower."""
        if reply.surface is not Surface.COMMENT:
            return await self._inbox.find(reply)
        asked = {"fields": "id,text,timestamp,username,from", "limit": "50"}
        try:
            rows, whole = await self._graph.every(f"/{_root(reply)}/replies", asked, PAGES)
            own = ((row, "text", "timestamp") for row in rows if polls.author(row, self._account)["id"] == self._own)
            return found_in(own, reply) or (ReadBack(Found.ABSENT) if whole else UNREADABLE)
        except (RateLimited, Unavailable, Refused, Malformed):
            return UNREADABLE  # also where the comment was deleted, and every reply with it

    async def delete(self, receipt_id: str) -> None:
        """Delete a comment of ours. A message cannot be unsent by an app."""
        if not receipt_id.isdecimal():
            raise Refused("Instagram lets no app unsend a message")
        await self._graph.delete(f"/{receipt_id}")

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a comment from everybody but its author, or show it again."""
        if surface not in self.hides:
            raise Refused("Instagram hides only comments")
        await self._graph.set(f"/{message_id}", {"hide": "true" if hidden else "false"})

    async def poll(self, cursor: str) -> Page:
        """New comments and messages, where webhooks cannot reach us. Live comments come by webhook only."""
        return await polls.poll(self._graph, self._inbox, self._account, cursor, datetime.now(UTC))

    async def renew(self) -> Renewed:
        """A token for 60 more days; the one of before is not taken back."""
        return await LOGIN.prolong(self._base, self._account.credentials)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Have the account's events sent to the app's address, which its console knows."""
        await self._graph.set(f"/{self._own}/subscribed_apps", {"subscribed_fields": ",".join(SUBSCRIBED)})
        return None

    async def revoke(self) -> None:
        """Its events are sent no more. Raises Refused all the same: the access is not ours to end."""
        await self._graph.delete(f"/{self._own}/subscribed_apps")
        raise Refused("Instagram lets only the account itself take the app away, under App and website permissions")

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, permissions, subscription, and how much of Meta's limits is used."""
        return await examination.examine(self._graph, self._account, SUBSCRIBED, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._graph.close()


def _root(reply: Outgoing) -> str:
    """The first comment of the thread: Instagram hangs every reply on it."""
    return reply.conversation_id.rpartition(":")[2]


def _direct(reply: Outgoing) -> dict[str, Any]:
    message = {"text": reply.text}
    if reply.surface is Surface.LIVE or is_private(reply.surface, reply.conversation_id):
        return {"recipient": {"comment_id": reply.in_reply_to}, "message": message}
    return {"recipient": {"id": reply.conversation_id.removeprefix(DIRECT)}, "message": message}


CONNECTOR: type[InstagramConnector] = InstagramConnector
