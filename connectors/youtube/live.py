"""Listening to the live chat of whatever the channel is broadcasting, within the units of one spell.

A spell has `SPELL` units and `SPELL_LASTS` to make its calls in. The listener begins the next one if the day has any
units left.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from connectors.fields import get, items, text
from connectors.gaps import gap
from connectors.youtube.calls import Calls
from connectors.youtube.chat import ENDED, VIDEO
from connectors.youtube.cursors import Place
from connectors.youtube.limits import CHAT_LIST, CHAT_STREAM, LIST, SPELL, Purse
from connectors.youtube.refusals import BAD_PAGE, CHAT_OVER, NO_STREAMING, Said, not_before
from engage.errors import Malformed, RateLimited, Retryable, Unavailable
from engage.platform import Page, RawEvent

STREAM = "liveChat/messages/stream"
LIST_METHOD = "liveChat/messages"
PARTS = "id,snippet,authorDetails"
RECONNECT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
LIST_EVERY = timedelta(seconds=20)
NO_SUCH_METHOD = (404, 405, 501)
# After this a spell makes no further call: its access token may have been replaced, and the old one ends.
SPELL_LASTS = timedelta(minutes=10)
STEADY = timedelta(minutes=1)  # a connection that held so long was not in vain, also where nobody wrote


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an idle channel is looked at, the least time between two lists, the wait before a stream is opened
    again (doubled where it was in vain), and the wait after an error that costs the spell its units."""

    search: timedelta
    listing: timedelta
    reconnect: timedelta
    in_vain: timedelta


class LiveChat:
    """One spell. It calls nobody after `until`."""

    def __init__(self, calls: Calls, pace: Pace, until: datetime) -> None:
        self._calls = calls
        self._pace = pace
        self._until = until
        self._search_at = 0.0  # by the loop's clock: whether the channel is live may be asked again
        self._call_at = 0.0  # the chat may be called again
        self._listing = False  # the stream was refused

    async def listen(self, cursor: str) -> AsyncGenerator[Page]:
        """Pages as they come; the last one says when the next spell may begin. Raises Retryable or Unauthorized."""
        place, purse = Place.read(cursor), Purse(SPELL)
        self._listing = place.listing
        try:
            while purse.has(CHAT_STREAM) and datetime.now(UTC) + self._rest(place) < self._until:
                await asyncio.sleep(self._rest(place).total_seconds())
                if not place.chat:
                    await self._search(place, purse)
                    continue
                async with aclosing(self._follow(place, purse)) as pages:
                    async for page in pages:
                        yield page
        except Retryable as error:
            raise not_before(error, self._pace.in_vain) from None
        except Malformed as error:
            said = f"YouTube's live chat is not in the form it should be: {error}"
            raise Unavailable(said, retry_after=self._pace.in_vain) from None
        yield Page((), place.write(), self._rest(place), unspent=purse.left)

    def _rest(self, place: Place) -> timedelta:
        """Until the next call."""
        due = self._call_at if place.chat else self._search_at
        return timedelta(seconds=max(0.0, due - asyncio.get_running_loop().time()))

    async def _search(self, place: Place, purse: Purse) -> None:
        """Is the channel live? Of several broadcasts the one that began last."""
        self._search_at = asyncio.get_running_loop().time() + self._pace.search.total_seconds()
        purse.pay(LIST)
        try:
            said = await self._calls.read(
                "liveBroadcasts", part="snippet", broadcastStatus="active", broadcastType="all", maxResults="50"
            )
        except Said as error:
            if NO_STREAMING in error.reasons:
                return
            raise Unavailable(str(error), retry_after=LONGEST_WAIT) from None
        except Unavailable:  # the next search finds it
            return
        with_chat = [row for row in items(said, "items") if isinstance(get(row, "snippet", "liveChatId"), str)]
        if not with_chat:
            return
        row = max(with_chat, key=lambda one: str(get(one, "snippet", "actualStartTime")))
        place.leave()
        place.chat = text(row, "snippet", "liveChatId")
        place.video, place.title = str(get(row, "id")), str(get(row, "snippet", "title"))
        self._call_at = 0.0

    async def _follow(self, place: Place, purse: Purse) -> AsyncGenerator[Page]:
        """One connection, or one list; what ends it decides what is done next."""
        answers = self._listed(place, purse) if self._listing else self._streamed(place, purse)
        try:
            async with aclosing(answers):
                async for said in answers:
                    yield self._page(said, place)
                    if not place.chat:
                        return
        except Said as error:
            if lost := self._refused(error, place):
                yield Page([lost], place.write(), timedelta())

    def _refused(self, error: Said, place: Place) -> RawEvent | None:
        """The chat is over, the page forgotten, or the stream not for us. Returns what was missed by it."""
        now = datetime.now(UTC)
        if error.reasons & CHAT_OVER:
            missed = gap(place.at, now, "the live chat ended meanwhile") if place.at else None
            place.leave()
            return missed
        if error.reasons & BAD_PAGE and place.page:
            missed = gap(place.at or now, now, "YouTube no longer knew how far the live chat was read")
            place.page = ""
            return missed
        if self._listing:
            raise Unavailable(str(error), retry_after=LONGEST_WAIT)
        self._listing, place.failures = True, 0
        place.listing = error.status in NO_SUCH_METHOD
        return None

    async def _streamed(self, place: Place, purse: Purse) -> AsyncGenerator[dict[str, Any]]:
        """What YouTube pushes as long as the connection holds."""
        purse.pay(CHAT_STREAM)
        place.failures += 1
        opened_at, asked = asyncio.get_running_loop().time(), timedelta()
        try:
            async with aclosing(self._calls.stream(STREAM, **_asked(place))) as coming:
                async for said in coming:
                    place.failures = 0
                    yield said
        except (RateLimited, Unavailable) as error:
            asked = _bearable(error)
        if asyncio.get_running_loop().time() - opened_at >= STEADY.total_seconds():
            place.failures = 0
        self._wait(max(asked, self._after_failures(place) or self._pace.reconnect))

    async def _listed(self, place: Place, purse: Purse) -> AsyncGenerator[dict[str, Any]]:
        purse.pay(CHAT_LIST)
        place.failures += 1
        try:
            said = await self._calls.read(LIST_METHOD, **_asked(place))
        except (RateLimited, Unavailable) as error:
            self._wait(max(_bearable(error), self._after_failures(place), self._pace.listing))
            return
        place.failures = 0
        asked = get(said, "pollingIntervalMillis")
        pause = timedelta(milliseconds=asked) if isinstance(asked, int) else timedelta()
        self._wait(max(pause, self._pace.listing))
        yield said

    def _wait(self, pause: timedelta) -> None:
        self._call_at = asyncio.get_running_loop().time() + pause.total_seconds()

    def _after_failures(self, place: Place) -> timedelta:
        """Zero where the last connection was not in vain."""
        again = self._pace.reconnect * 2 ** min(place.failures - 1, 10) if place.failures else timedelta()
        return min(again, LONGEST_WAIT)

    def _page(self, said: dict[str, Any], place: Place) -> Page:
        """The messages of one answer, and the place after them."""
        video = {"id": place.video, "title": place.title}
        rows = items(said, "items")
        page = get(said, "nextPageToken")
        place.page = page if isinstance(page, str) else place.page
        place.at = datetime.now(UTC)
        if _ended(said):
            place.leave()
        return Page([_event(row, video) for row in rows], place.write(), timedelta())


def _bearable(error: Retryable) -> timedelta:
    """How long YouTube wants to be left alone. Raises the error where a spell cannot wait so long."""
    asked = error.retry_after or timedelta()
    if asked > LONGEST_WAIT:
        raise error
    return asked


def _asked(place: Place) -> dict[str, str]:
    asked = {"liveChatId": place.chat, "part": PARTS, "maxResults": "500"}
    return asked | ({"pageToken": place.page} if place.page else {})


def _event(row: Any, video: dict[str, str]) -> RawEvent:
    told = {**row, VIDEO: video} if isinstance(row, dict) else row
    body = json.dumps(told).encode()
    message_id, kind = get(row, "id"), get(row, "snippet", "type")
    if not isinstance(message_id, str) or not message_id:
        return RawEvent(f"odd {sha256(body).hexdigest()}", body)  # `parse` says what is wrong with it
    # A tombstone has the id of the message that it stands for.
    return RawEvent(message_id if kind != "tombstone" else f"{message_id} {kind}", body)


def _ended(said: Any) -> bool:
    kinds = [get(row, "snippet", "type") for row in items(said, "items")]
    return isinstance(get(said, "offlineAt"), str) or ENDED in kinds
