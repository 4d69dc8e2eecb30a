"""The calls of one account to Kick's public API, and what its answers mean."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from connectors import http
from connectors.answers import Dialect, words
from connectors.fields import get
from engage.errors import Ambiguous, EngageError, RateLimited, Unavailable
from engage.platform import AccountLink, App

API = "https://api.kick.com"
PATH = "/public/v1"
QUOTA_OVER = timedelta(hours=1)  # Kick does not say until when; it was told once, and mended (KickDevDocs issue 219)


def host(config: Mapping[str, Any], app: App, default: str) -> str:
    """A host of Kick's, or the one that stands for all of them in tests."""
    return str(config.get("base_url") or app.config.get("base_url") or default).rstrip("/")


def _message(body: Any) -> str:
    said = get(body, "message")
    return said if isinstance(said, str) else ""


def _special(response: httpx.Response) -> EngageError | None:
    """A quota that is used up comes as 400."""
    if response.status_code != 400:
        return None
    said = words(response, _PLAIN)
    return RateLimited(said, retry_after=QUOTA_OVER) if "quota" in said.lower() else None


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
