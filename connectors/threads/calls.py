"""The calls of the Threads API beside those of any Graph API: making a reply in two steps, and lists of it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from connectors import http
from connectors.answers import Dialect, words
from connectors.fields import get, text_or_none, time
from connectors.meta import POSTING
from connectors.meta_graph import Graph, new_id
from engage.errors import Ambiguous, EngageError, Malformed, Refused, Unavailable

# Threads does not know what it is asked for: of a container it is not ready
# (https://github.com/fbsamples/threads_api/issues/70), or published already. No page tells which, so it is read back.
# Of what is to be answered it is so new that Threads does not know it everywhere, or gone: it is tried again.
UNKNOWN = (24, 4279009)
WAITS = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before each look whether it is
FAILED = frozenset({"ERROR", "EXPIRED"})


def _special(response: httpx.Response, *, unknown: type[EngageError]) -> EngageError | None:
    try:
        body = response.json()
    except ValueError:
        body = None
    if (get(body, "error", "code"), get(body, "error", "error_subcode")) == UNKNOWN:
        return unknown(words(response, POSTING))
    return POSTING.special(response) if POSTING.special else None


MAKING = Dialect(message=POSTING.message, special=partial(_special, unknown=Unavailable), wait=POSTING.wait)
PUBLISHING = Dialect(message=POSTING.message, special=partial(_special, unknown=Ambiguous), wait=POSTING.wait)


class Threads(Graph):
    """The calls of one account."""

    async def container(self, text: str, reply_to: str) -> str:
        """A reply that nobody sees yet, and which ends by itself in a day. Raises what a read does."""
        form = {"media_type": "TEXT", "text": text, "reply_to_id": reply_to}
        request = self._request("POST", "/me/threads", data=form)
        try:
            return new_id(await http.write(self._http, request, MAKING), "id")
        except Ambiguous as error:
            raise Unavailable(f"{error}; nothing is published") from None

    async def ready(self, container: str) -> None:
        """Waits until a container may be published. Raises Unavailable where it takes long or fails, or as a read."""
        status: Any = None
        for seconds in WAITS:
            await asyncio.sleep(seconds)
            try:
                said = await self.get(f"/{container}", {"fields": "status,error_message"})
            except Refused:
                continue  # Threads does not know it everywhere yet
            status = get(said, "status")
            if status == "FINISHED":
                return
            if status in FAILED:
                raise Unavailable(f"Threads could not make the reply: {status} {get(said, 'error_message')}")
        raise Unavailable(f"Threads is still making the reply ({status if isinstance(status, str) else 'unknown'})")

    async def publish(self, container: str) -> httpx.Response:
        """Publish a container, once. Raises what `http.write` does."""
        request = self._request("POST", "/me/threads_publish", data={"creation_id": container})
        return await http.write(self._http, request, PUBLISHING)

    async def rows(
        self, path: str, params: Mapping[str, str], pages: int, since: datetime | None = None
    ) -> tuple[list[Any], bool]:
        """The rows of a list, and whether that was the whole of it. Raises what a read does.

        since: of a list with the newest first, where to stop. Threads tells a cursor after the last page too.
        """
        found: list[Any] = []
        after: dict[str, str] = {}
        for _ in range(pages):
            page = await self.get(path, {**params, **after})
            part = get(page, "data")
            if not isinstance(part, list):
                raise Unavailable("Threads did not answer with a list")
            found += part
            following = _cursor(page)
            if not part or not following or (since and _older(part[-1], since)):
                return found, True
            after = {"after": following}
        return found, False


def _cursor(page: Any) -> str:
    try:
        return text_or_none(page, "paging", "cursors", "after") or ""
    except Malformed as error:
        raise Unavailable(f"Threads did not answer with a list: {error}") from None


def _older(row: Any, since: datetime) -> bool:
    try:
        return time(row, "timestamp") < since
    except Malformed:
        return False
