"""The calls of one account to Kick's public API, and what its answers mean."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx

from connectors import http
from connectors.answers import Dialect, words
from connectors.fields import get
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unavailable
from engage.platform import AccountLink, App

API = "https://api.kick.com"
PATH = "/public/v1"
QUOTA_OVER = timedelta(hours=1)  # Kick does not say until when; it was told once, and mended (KickDevDocs issue 219)
# What stands before the API turns away at times, mostly where many calls come at once (KickDevDocs issue 216).
BLOCKED = "blocked by security policy"
UNBLOCKED = timedelta(minutes=1)


class Gone(Refused):
    """What was to be taken away is not there."""


def host(config: Mapping[str, Any], app: App, default: str) -> str:
    """A host of Kick's, or the one that stands for all of them in tests."""
    return str(config.get("base_url") or app.config.get("base_url") or default).rstrip("/")


def _message(body: Any) -> str:
    """As in `{"message": "Bad request", "data": "Channel not found"}` or, of what stands before, `{"error": …}`."""
    said = (get(body, key) for key in ("message", "data", "error"))
    return ": ".join(one for one in said if isinstance(one, str) and one)


def _special(response: httpx.Response) -> EngageError | None:
    """What the status alone does not say."""
    status, said = response.status_code, "" if response.is_success else words(response, _PLAIN)
    if status == 400 and "quota" in said.lower():
        return RateLimited(said, retry_after=QUOTA_OVER)
    if status == 403 and BLOCKED in said.lower():
        return Unavailable(said, retry_after=UNBLOCKED)
    return Gone(said) if status == 404 and response.request.method == "DELETE" else None


_PLAIN = Dialect(message=_message)
KICK = Dialect(message=_message, special=_special)


class Calls:
    """One account's way to the API, as the creator who consented."""

    def __init__(self, account: AccountLink) -> None:
        token = account.credentials.get("access_token", "")
        base_url = host(account.config, account.app, API)
        self._http = http.client(base_url, headers={"authorization": f"Bearer {token}"})

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """The `data` of an answer to what may be repeated. Raises what a read does."""
        answer = await http.read(self._http, self._http.build_request(method, f"{PATH}{path}", **more), KICK)
        if not answer.content:
            return None
        try:
            return answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            raise Unavailable(f"{path}: Kick did not answer with data") from None

    async def remove(self, path: str) -> None:
        """Take something away; what is gone already is no error. Raises what a read does."""
        with suppress(Gone):
            await self.ask("DELETE", path)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post once. Raises what a write does; Ambiguous where the answer cannot be read."""
        request = self._http.build_request("POST", f"{PATH}{path}", json=dict(body))
        answer = await http.write(self._http, request, KICK)
        try:
            return answer.json()["data"]
        except (ValueError, KeyError, TypeError):
            raise Ambiguous("Kick took the line, but its answer is unreadable") from None

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()
