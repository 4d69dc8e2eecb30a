"""Listening to the live chat of whatever the channel is broadcasting, within the units of one spell.

A spell has `SPELL` units. It ends when they are used up, and the listener begins the next one if the day has any left.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.fields import get, items, text
from connectors.gaps import gap
from connectors.youtube.calls import Calls
from connectors.youtube.chat import ENDED, VIDEO
from connectors.youtube.cursors import Place
from connectors.youtube.limits import CHAT_LIST, CHAT_STREAM, LIST, SPELL, Purse
from connectors.youtube.refusals import BAD_PAGE, CHAT_OVER, NO_STREAMING, Said
from engage.errors import Malformed, Unavailable
from engage.platform import Page, RawEvent

STREAM = "liveChat/messages/stream"
LIST_METHOD = "liveChat/messages"
PARTS = "id,snippet,authorDetails"
RECONNECT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
LIST_EVERY = timedelta(seconds=20)


class LiveChat:
    """One spell. search_every: how often an idle channel is looked at; list_every: the least time between two lists."""

    def __init__(self, calls: Calls, search_every: timedelta, list_every: timedelta, reconnect: timedelta) -> None:
        self._calls = calls
        self._search_every = search_every
        self._list_every = list_every
        self._reconnect = reconnect
        self._listing = False  # the stream was refused
        self._wait = timedelta()  # before the next call for the chat
        self._search_at = 0.0  # by the loop's clock

    async def listen(self, cursor: str) -> AsyncGenerator[Page]:
        """Pages as they come. Raises RateLimited, Unavailable or Unauthorized."""
        place, purse = Place.read(cursor), Purse(SPELL)
        self._wait = self._after_failures(place)
        while purse.has(CHAT_STREAM):
            if not place.chat and not await self._search(place, purse):
                continue
            await asyncio.sleep(self._wait.total_seconds())
            async with aclosing(self._follow(place, purse)) as pages:
                async for page in pages:
                    yield page
        yield Page((), place.write(), timedelta(), unspent=purse.left)

    async def _search(self, place: Place, purse: Purse) -> bool:
        """Is the channel live? Of several broadcasts the one that began last. Waits until it may be asked again."""
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._search_at - now()))
        self._search_at = now() + self._search_every.total_seconds()
        purse.pay(LIST)
        try:
            said = await self._calls.read(
                "liveBroadcasts", part="snippet", broadcastStatus="active", broadcastType="all", maxResults="50"
            )
        except Said as error:
            if NO_STREAMING in error.reasons:
                return False
            raise Unavailable(str(error), retry_after=LONGEST_WAIT) from None
        with_chat = [row for row in items(said, "items") if isinstance(get(row, "snippet", "liveChatId"), str)]
        if not with_chat:
            return False
        row = max(with_chat, key=lambda one: str(get(one, "snippet", "actualStartTime")))
        place.leave()
        place.chat = text(row, "snippet", "liveChatId")
        place.video, place.title = str(get(row, "id")), str(get(row, "snippet", "title"))
        self._wait = timedelta()
        return True

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
        self._listing, self._wait = True, timedelta()
        return None

    async def _streamed(self, place: Place, purse: Purse) -> AsyncGenerator[dict[str, Any]]:
        """What YouTube pushes as long as the connection holds. One that brings nothing makes the next one wait."""
        purse.pay(CHAT_STREAM)
        place.failures += 1
        try:
            async with aclosing(self._calls.stream(STREAM, **_asked(place))) as coming:
                async for said in coming:
                    place.failures = 0
                    yield said
        except Unavailable as error:
            if error.retry_after:
                raise
        self._wait = self._after_failures(place) or self._reconnect

    async def _listed(self, place: Place, purse: Purse) -> AsyncGenerator[dict[str, Any]]:
        purse.pay(CHAT_LIST)
        said = await self._calls.read(LIST_METHOD, **_asked(place))
        asked = get(said, "pollingIntervalMillis")
        pause = timedelta(milliseconds=asked) if isinstance(asked, int) else timedelta()
        self._wait = max(pause, self._list_every)
        yield said

    def _after_failures(self, place: Place) -> timedelta:
        return min(self._reconnect * 2 ** min(place.failures - 1, 10), LONGEST_WAIT) if place.failures else timedelta()

    def _page(self, said: dict[str, Any], place: Place) -> Page:
        """The messages of one answer, and the place after them."""
        video = {"id": place.video, "title": place.title}
        try:
            events = [_event(row, video) for row in items(said, "items")]
        except Malformed as error:
            raise Unavailable(f"YouTube's live chat is not in the form it should be: {error}") from None
        page = get(said, "nextPageToken")
        place.page = page if isinstance(page, str) else place.page
        place.at = datetime.now(UTC)
        if _ended(said):
            place.leave()
        return Page(events, place.write(), timedelta())


def _asked(place: Place) -> dict[str, str]:
    asked = {"liveChatId": place.chat, "part": PARTS, "maxResults": "500"}
    return asked | ({"pageToken": place.page} if place.page else {})


def _event(row: Any, video: dict[str, str]) -> RawEvent:
    message_id = text(row, "id")
    # A tombstone has the id of the message that it stands for.
    kind = get(row, "snippet", "type")
    key = message_id if kind != "tombstone" else f"{message_id} {kind}"
    return RawEvent(key, json.dumps({**row, VIDEO: video}).encode())


def _ended(said: Any) -> bool:
    kinds = [get(row, "snippet", "type") for row in items(said, "items")]
    return isinstance(get(said, "offlineAt"), str) or ENDED in kinds
