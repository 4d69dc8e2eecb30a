"""The stream of one account: server-sent events, with what was missed fetched in front of them."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.fields import get, items
from connectors.gaps import gap
from connectors.mastodon.calls import DIALECT
from connectors.mastodon.marks import Mark, id_in
from connectors.mastodon.timeline import Timeline, raw
from connectors.streams import lines
from engage.errors import EngageError
from engage.platform import Page, RawEvent

IDLE = timedelta(seconds=60)  # a living stream says ":thump" every 15 s
NOTE = timedelta(seconds=60)  # how old the time in a kept mark may be on a quiet stream
AT_ONCE = timedelta(0)
WHY = "what was edited or deleted meanwhile is not told again; mentions and the account's own answers were fetched"


async def follow(timeline: Timeline, calls: httpx.AsyncClient, mark: Mark) -> AsyncGenerator[Page, None]:
    """Pages until the stream ends. Raises what a read raises.

    The stream is opened first and read last: what comes while the rest is fetched waits in the connection, so nothing
    falls between the two, and what comes both ways is left out once.
    """
    request = calls.build_request("GET", "/api/v1/streaming/user", headers={"accept": "text/event-stream"})
    async with aclosing(lines(calls, request, IDLE, DIALECT)) as coming:
        if await anext(coming, None) is None:  # a greeting, or at the latest the first ":thump"
            return
        told: set[str] = set()
        async with aclosing(_caught_up(timeline, mark, told)) as pages:
            async for page in pages:
                mark = Mark.of(page.cursor)
                yield page
        async with aclosing(_heard(coming, timeline.own, mark, told)) as pages:
            async for page in pages:
                yield page


async def _caught_up(timeline: Timeline, mark: Mark, told: set[str]) -> AsyncGenerator[Page, None]:
    """What was missed, page by page, and since when. The keys of what is fetched go into `told`."""
    now, since = datetime.now(UTC), mark.heard_at
    mark = (await timeline.begun(mark)).heard_until(now)
    yield Page([gap(since, now, WHY)] if since else [], mark.cursor, AT_ONCE)
    while True:  # to the end: the stream moves the mark, so what is left behind now is lost
        events, after = await timeline.missed(mark)
        if after == mark:
            return
        mark = after
        told.update(event.key for event in events)
        yield Page(events, mark.cursor, AT_ONCE)


async def _heard(coming: AsyncIterator[str], own: str, mark: Mark, told: set[str]) -> AsyncGenerator[Page, None]:
    """What the stream tells. Until when it was open is noted now and then, and at its end."""
    heard_at, lost = datetime.now(UTC), None
    try:
        async with aclosing(_events(coming)) as events:
            async for event in events:
                heard_at = datetime.now(UTC)
                found = _kept(event, own, told)
                if found:
                    mark = _after(mark, event)
                if found or heard_at - (mark.heard_at or heard_at) >= NOTE:
                    mark = mark.heard_until(heard_at)
                    yield Page(found, mark.cursor, AT_ONCE)
    except EngageError as error:
        lost = error
    yield Page([], mark.heard_until(heard_at).cursor, AT_ONCE)
    if lost:
        raise lost


def _kept(event: tuple[str, Any], own: str, told: set[str]) -> list[RawEvent]:
    name, payload = event
    if not name or not _is_of_interest(name, payload, own):
        return []
    found = raw(name, payload)
    return [] if found.key in told else [found]


def _is_of_interest(event: str, payload: Any, own: str) -> bool:
    """Whether an event of the stream need be kept: a home timeline brings the posts of all whom the account follows."""
    if event == "notification":
        return bool(get(payload, "type") == "mention")
    if event == "update":
        return bool(get(payload, "account", "id") == own)
    if event == "status.update":
        named = items(payload, "mentions") if isinstance(get(payload, "mentions"), list) else []
        return own in {get(payload, "account", "id"), *(get(one, "id") for one in named)}
    return event != "filters_changed" and not event.startswith("announcement")


def _after(mark: Mark, event: tuple[str, Any]) -> Mark:
    name, payload = event
    if name == "notification":
        return mark.after_mention(id_in(payload))
    return mark.after_own(id_in(payload)) if name == "update" else mark


async def _events(coming: AsyncIterator[str]) -> AsyncGenerator[tuple[str, Any], None]:
    """Name and payload of each event; ('', None) for a sign of life."""
    name, data = "", []
    async for line in coming:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif not line and (name or data):
            yield name or "message", _decoded(name, "\n".join(data))
            name, data = "", []
        else:
            yield "", None


def _decoded(name: str, data: str) -> Any:
    """A deletion is told by a bare id, which is a string to us whatever it looks like."""
    if name == "delete":
        return data.strip()
    try:
        return json.loads(data)
    except ValueError:
        return data
