"""What an account missed, fetched: mentions and its own answers, each from where its mark says."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from connectors.mastodon.calls import fetch, reading, rows
from connectors.mastodon.marks import BEGINNING, Mark, age_order, id_in, newest
from connectors.mastodon.people import local_id
from connectors.mastodon.servers import streaming_url
from engage.platform import AccountLink, RawEvent

MENTIONS, STATUSES = 80, 40  # the most that one page may have
_NOTIFICATIONS = "/api/v1/notifications"


def raw(event: str, payload: Any) -> RawEvent:
    """What the stream tells and what a poll fetches, alike. Its key is the same by both ways."""
    known = payload if isinstance(payload, dict) else {}
    key = f"{event} {id_in(known) or str(payload)[:100]}"
    if event == "status.update":
        key = f"{key} {known.get('edited_at')}"
    return RawEvent(key, json.dumps({"event": event, "payload": payload}).encode())


class Timeline:
    """Reads for one account."""

    def __init__(self, account: AccountLink, calls: httpx.AsyncClient) -> None:
        self.own = local_id(account.platform_user_id)
        self._config: Mapping[str, Any] = account.config
        self._calls = calls
        self._streaming = ""

    async def begun(self, mark: Mark) -> Mark:
        """`mark`, or where there is none, the one to begin with: what was written before we were asked is not ours."""
        if mark.mention and mark.own:
            return mark
        since = str(self._config.get("since") or "")
        mention = mark.mention or since or await self.newest_mention()
        return Mark(mention, mark.own or await self._newest_own(), mark.heard)

    async def missed(self, mark: Mark) -> tuple[list[RawEvent], Mark]:
        """The next of what is newer than `mark`, oldest first, and the mark after it.

        A server may give fewer than it is asked for: only where the mark stays what it is there is no more.
        """
        mentions, statuses = await self._mentions(mark.mention), await self._own_statuses({"min_id": mark.own})
        events = [raw("notification", one) for one in mentions] + [raw("update", one) for one in statuses]
        after = Mark(newest(mark.mention, *map(id_in, mentions)), newest(mark.own, *map(id_in, statuses)), mark.heard)
        return events, after

    async def newest_mention(self) -> str:
        answer = await fetch(self._calls, _NOTIFICATIONS, {"types[]": "mention", "limit": "1"})
        return newest(BEGINNING, *map(id_in, rows(answer)))

    async def _mentions(self, after: str) -> list[dict[str, Any]]:
        params = {"types[]": "mention", "min_id": after, "limit": str(MENTIONS)}
        return _oldest_first(rows(await fetch(self._calls, _NOTIFICATIONS, params)))

    async def _newest_own(self) -> str:
        return newest(BEGINNING, *map(id_in, await self._own_statuses({})))

    async def _own_statuses(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        return _oldest_first(await self.own_page(params))

    async def own_page(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """A page of what the account itself wrote, direct mentions too, newest first."""
        asked = {"limit": str(STATUSES), "exclude_reblogs": "true", **params}
        return rows(await fetch(self._calls, f"/api/v1/accounts/{self.own}/statuses", asked))

    async def streaming(self) -> str:
        """Where the server streams from: it may be another host."""
        if not self._streaming:
            answer = await fetch(self._calls, "/api/v2/instance")
            said = reading(answer, lambda body: (body["configuration"].get("urls") or {}).get("streaming"))
            self._streaming = streaming_url(said, str(self._calls.base_url).rstrip("/"))
        return self._streaming


def _oldest_first(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(page, key=lambda row: age_order(id_in(row)))
