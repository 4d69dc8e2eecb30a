"""Threads' I/O: answer replies and mentions, find what was posted, take it back, hide, poll, renew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.fields import id_or_none
from connectors.meta import quiet_until
from connectors.meta_graph import host, new_id
from connectors.meta_inbox import UNREADABLE, earliest, found_in
from connectors.threads import examination, polls
from connectors.threads.calls import Threads
from connectors.threads.connect import GRAPH, LOGIN, VERSION
from connectors.threads.limits import MAX_BYTES, QUOTAS
from connectors.threads.parse import PRODUCT
from engage.errors import Malformed, RateLimited, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, LengthUnit, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Renewed, Settle

PAGES = 25  # of 50 own replies: more than the 1000 of a day


class ThreadsConnector:
    """One Threads profile. Config: `version` of the Threads API, `base_url` in tests."""

    name: ClassVar[str] = PRODUCT
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    # Webhooks come to reviewed apps only, tell nothing of answers in others' threads, and no words of the creator's.
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    limits: Sequence[Limit] = ()
    quotas: Sequence[Quota] = QUOTAS
    settle = Settle.READBACK
    readback_lag = timedelta(seconds=30)  # Meta says nothing of it

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._base = host(account.config, account.app, GRAPH)
        version = account.config.get("version") or account.app.config.get("version") or VERSION
        self._graph = Threads(self._base, str(version), account.credentials.get("access_token", ""))

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: Threads knows no window for a reply."""
        return Capabilities(may_reply=True, max_length=MAX_BYTES, unit=LengthUnit.BYTES)

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` in two steps. Only the second can be seen, so only its lost answer is Ambiguous."""
        container = await self._graph.container(reply.text, reply.in_reply_to)
        await self._graph.ready(container)
        answer = await self._graph.publish(container)
        receipt_id, now = new_id(answer, "id"), datetime.now(UTC)
        return Receipt(receipt_id, now, quiet_until(answer.headers, now))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among the account's own replies since the first attempt."""
        since = earliest(reply)
        asked = {"fields": "id,text,timestamp,replied_to", "limit": "50"}
        if since is not None:
            asked["since"] = str(int(since.timestamp()))
        try:
            rows, whole = await self._graph.rows("/me/replies", asked, PAGES)
            return _among(rows, reply) or (ReadBack(Found.ABSENT) if whole else UNREADABLE)
        except (RateLimited, Unavailable, Refused, Malformed):
            return UNREADABLE

    async def delete(self, receipt_id: str) -> None:
        """Delete a reply of ours."""
        await self._graph.delete(f"/{receipt_id}")

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a reply right below an own post with all that is below it, or show it again."""
        if surface not in self.hides:
            raise Refused("Threads has only replies to hide")
        await self._graph.set(f"/{message_id}/manage_reply", {"hide": "true" if hidden else "false"})

    async def poll(self, cursor: str) -> Page:
        """New replies and mentions, and what the creator wrote by hand."""
        return await polls.poll(self._graph, self._account, cursor, datetime.now(UTC))

    async def renew(self) -> Renewed:
        """A token for 60 more days; the one of before is not taken back."""
        return await LOGIN.prolong(self._base, self._account.credentials)

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, permissions, webhooks, and how much of the limits is used."""
        return await examination.examine(self._graph, self._account, callback_url)

    async def close(self) -> None:
        """Release the connections."""
        await self._graph.close()


def _among(rows: Sequence[Any], reply: Outgoing) -> ReadBack | None:
    """The one that answers the same message; who can tell where its parent is not told? Raises Malformed."""
    parents = [(id_or_none(row, "replied_to", "id"), row) for row in rows]
    right = ((row, "text", "timestamp") for parent, row in parents if parent == reply.in_reply_to)
    if found := found_in(right, reply):
        return found
    untold = ((row, "text", "timestamp") for parent, row in parents if parent is None)
    return UNREADABLE if found_in(untold, reply) else None


CONNECTOR: type[ThreadsConnector] = ThreadsConnector
