"""One account on a Mastodon server: send, find, take back, poll and stream."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import http
from connectors.mastodon import connect, examine, limits, live, replies
from connectors.mastodon.calls import DELETING, DIALECT, Gone, client, fetch, quiet_until, reading
from connectors.mastodon.marked import BotMark
from connectors.mastodon.marks import Mark, id_in
from connectors.mastodon.people import is_mentioned
from connectors.mastodon.servers import base_url
from connectors.mastodon.timeline import STATUSES, Timeline
from engage.errors import Ambiguous, Malformed, RateLimited, Refused, Unavailable
from engage.limits import Limit, Quota
from engage.models import Capabilities, LengthUnit, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, ReadBack, Settle

HALF_FULL = STATUSES // 2  # of a look of the poll: there may be more
FIND_PAGES = 5  # how many pages of the account's own statuses `find` turns over
SKEW = timedelta(minutes=5)  # between the server's clock and ours
ABSENT_PARENT = "the post to answer is gone, or its author does not show it to the account"


class MastodonConnector:
    """Config: server, max_characters, characters_reserved_per_url, since, base_url; see README.md."""

    name: ClassVar[str] = "mastodon"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT, Surface.DM})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"stream"})
    limits: Sequence[Limit] = (limits.REPLIES,)
    quotas: Sequence[Quota] = ()
    settle = Settle.KEY
    readback_lag = timedelta(seconds=5)  # `find` may be answered by a copy of the server's database

    def __init__(self, account: AccountLink) -> None:
        place = f"mastodon account {account.handle or account.id}"
        self._account = account
        self._token = account.credentials.get("access_token", "")
        self._http = client(base_url(account.config, account.app.config, place), self._token)
        self._timeline = Timeline(account, self._http)
        self._mark = BotMark(self._http)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """The server is asked for the bot mark alone, once an hour; its numbers are in the account's config."""
        return Capabilities(
            may_reply=True,
            max_length=limits.longest_reply(self._account.config),
            unit=LengthUnit.GRAPHEMES,
            native_bot_label=await self._mark.stands(now),
        )

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply` under what it answers. Whatever may be a second sending looks for the first one; in between, and
        for an hour, the key makes them one."""
        if posted := await self._posted_before(reply, datetime.now(UTC)):
            return posted
        parent = await self._parent(reply.in_reply_to)
        try:
            if not is_mentioned(parent, self._timeline.own):
                raise Refused("the post was changed: it does not mention the account any more")
            status = replies.status_for(reply, parent, self._account.config)
        except Malformed as error:
            raise Unavailable(f"the server shows the post to answer as something else: {error}") from None
        headers = {"idempotency-key": reply.idempotency_key}
        request = self._http.build_request("POST", "/api/v1/statuses", json=status, headers=headers)
        answer = await http.write(self._http, request, DIALECT)
        try:
            return replies.receipt_of(answer.json(), quiet_until(answer.headers, datetime.now(UTC)))
        except (ValueError, Malformed):
            raise Ambiguous("the server accepted the reply, but its answer is unreadable") from None

    async def _posted_before(self, reply: Outgoing, now: datetime) -> Receipt | None:
        """Servers of some versions answer a key that they know with 500 (mastodon issue 40399): looking is surer."""
        if not replies.may_be_posted(reply, now):
            return None
        seen = await self.find(reply)
        if seen.found is Found.UNREADABLE and replies.key_is_over(reply, now):
            raise Unavailable("its key is over, and what the account wrote could not be read: it may be posted")
        return seen.receipt

    async def _parent(self, status_id: str) -> Any:
        try:
            answer = await fetch(self._http, f"/api/v1/statuses/{status_id}")
        except Refused as error:
            raise Refused(f"{ABSENT_PARENT} ({error})") from None
        return reading(answer, lambda body: body)

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among what the account wrote since it was first sent. Raises Unauthorized."""
        now = datetime.now(UTC)
        oldest = (reply.first_sent_at or now - timedelta(days=1)) - SKEW
        try:
            return await self._found(reply, oldest)
        except (RateLimited, Unavailable, Refused, Malformed):
            return ReadBack(Found.UNREADABLE)

    async def _found(self, reply: Outgoing, oldest: datetime) -> ReadBack:
        params: dict[str, str] = {}
        for _ in range(FIND_PAGES):
            page = await self._timeline.own_page(params)
            for status in page:
                if replies.is_reply(status, reply, self._timeline.own):
                    return ReadBack(Found.FOUND, replies.receipt_of(status))
            if not page or replies.written_at(page[-1]) < oldest:
                return ReadBack(Found.ABSENT)
            params = {"max_id": id_in(page[-1])}
        return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back; the second time is no error."""
        try:
            await http.read(self._http, self._http.build_request("DELETE", f"/api/v1/statuses/{receipt_id}"), DELETING)
        except Gone:
            return

    async def revoke(self) -> None:
        """Void the token."""
        await connect.give_back(self._account.app, self._account.config, self._account.credentials)

    async def poll(self, cursor: str) -> Page:
        """The mentions and own answers after `cursor`: the same ones, with the same keys, that the stream brings."""
        mark = await self._timeline.begun(Mark.of(cursor))
        events, mark = await self._timeline.missed(mark)
        return Page(events, mark.cursor, timedelta(0) if len(events) >= HALF_FULL else limits.POLL_WAIT)

    async def listen(self, cursor: str) -> AsyncIterator[Page]:
        """Follow the account's stream."""
        address = await self._timeline.streaming()
        headers = {"authorization": f"Bearer {self._token}"}
        calls = http.client(address, timeout=live.IDLE, headers=headers, connections=1)
        async with calls, aclosing(live.follow(self._timeline, calls, Mark.of(cursor))) as pages:
            async for page in pages:
                yield page

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, scopes, the bot flag, what the server holds back, lengths, the stream and what is left of limits."""
        return await examine.findings(self._http, self._timeline, self._account.config)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


CONNECTOR: type[MastodonConnector] = MastodonConnector
