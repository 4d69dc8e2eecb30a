"""Facebook's I/O: answer comments and messages of a Page, find what was posted, take it back, hide."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.facebook import examination, polls
from connectors.facebook.connect import GRAPH, version_of
from connectors.facebook.limits import LIMITS, MAX_LENGTH, PRIVATE_REPLY_WINDOW, WINDOW, is_private
from connectors.fields import id_or_none
from connectors.meta import quiet_until
from connectors.meta_graph import Graph, host, new_id
from connectors.meta_inbox import UNREADABLE, Inbox, found_in
from connectors.meta_messages import DIRECT, MARK
from engage.errors import Malformed, RateLimited, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Settle

SUBSCRIBED = ("feed", "messages", "message_echoes", "message_edits", "messaging_postbacks", "standby")
REPLIES = 10  # pages of 50 replies below a comment
_COMMENT = re.compile(r"[0-9_]+")  # a message's id has letters


class FacebookConnector:
    """One Page. Config: `version` of the Graph API, `base_url` in tests."""

    name: ClassVar[str] = "facebook"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.DM})
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
        version = str(account.config.get("version") or version_of(account.app))
        token = account.credentials.get("access_token", "")
        self._graph = Graph(host(account.config, account.app, GRAPH), version, token)
        self._inbox = Inbox(self._graph, "messenger", self._own)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: the windows count from the follower's message."""
        if surface is Surface.COMMENT:
            open_still = now < heard_at + PRIVATE_REPLY_WINDOW
            return Capabilities(may_reply=True, max_length=MAX_LENGTH[surface], private_reply=open_still)
        ends_at = heard_at + (PRIVATE_REPLY_WINDOW if is_private(surface, conversation_id) else WINDOW)
        over = now >= ends_at
        reason = "Messenger's window for a reply is over" if over else ""
        return Capabilities(not over, reason, MAX_LENGTH[surface], window_ends_at=ends_at)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`: below a comment, by Messenger, or as the private reply to a comment."""
        if reply.surface is Surface.COMMENT:
            answer = await self._graph.post(f"/{_root(reply)}/comments", data={"message": reply.text})
            receipt_id = new_id(answer, "id")
        else:
            answer = await self._graph.post(f"/{self._own}/messages", json=_direct(reply))
            receipt_id = new_id(answer, "message_id")
        now = datetime.now(UTC)
        return Receipt(receipt_id, now, quiet_until(answer.headers, now))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among the Page's own below the comment, or in the conversation with the follower."""
        if reply.surface is not Surface.COMMENT:
            return await self._inbox.find(reply)
        asked = {"fields": "id,message,created_time,from", "filter": "stream", "limit": "50"}
        try:
            rows, whole = await self._graph.every(f"/{_root(reply)}/comments", asked, REPLIES)
            own = ((row, "message", "created_time") for row in rows if id_or_none(row, "from", "id") == self._own)
            return found_in(own, reply) or (ReadBack(Found.ABSENT) if whole else UNREADABLE)
        except (RateLimited, Unavailable, Refused, Malformed):
            return UNREADABLE  # also where the comment was deleted, and every reply with it

    async def delete(self, receipt_id: str) -> None:
        """Delete a comment of the Page's. A message cannot be unsent by an app."""
        if not _COMMENT.fullmatch(receipt_id):
            raise Refused("Messenger lets no app unsend a message")
        await self._graph.delete(f"/{receipt_id}")

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a comment from everybody but its author and their friends, or show it again."""
        if surface not in self.hides:
            raise Refused("Facebook hides only comments")
        await self._graph.set(f"/{message_id}", {"is_hidden": "true" if hidden else "false"})

    async def poll(self, cursor: str) -> Page:
        """New comments and messages, where webhooks cannot reach us."""
        return await polls.poll(self._graph, self._inbox, self._own, cursor, datetime.now(UTC))

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Have the Page's events sent to the app's address, which its console knows."""
        await self._graph.set(f"/{self._own}/subscribed_apps", {"subscribed_fields": ",".join(SUBSCRIBED)})
        return None

    async def revoke(self) -> None:
        """Its events are sent no more. Raises Refused all the same: the access is not ours to end."""
        await self._graph.delete(f"/{self._own}/subscribed_apps")
        raise Refused("only who connected the Page can take the app away: Settings, Business Integrations")

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, permissions, subscription, and how much of Meta's limits is used."""
        return await examination.examine(self._graph, self._account, SUBSCRIBED, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._graph.close()


def _root(reply: Outgoing) -> str:
    """The first comment of the thread."""
    return reply.conversation_id.rpartition(":")[2]


def _direct(reply: Outgoing) -> dict[str, Any]:
    # The echo brings the metadata back, and with it that the message is ours.
    message = {"text": reply.text, "metadata": f"{MARK}{reply.idempotency_key}"}
    if is_private(reply.surface, reply.conversation_id):
        return {"recipient": {"comment_id": reply.in_reply_to}, "message": message}
    recipient = {"id": reply.conversation_id.removeprefix(DIRECT)}
    return {"recipient": recipient, "messaging_type": "RESPONSE", "message": message}


CONNECTOR: type[FacebookConnector] = FacebookConnector
