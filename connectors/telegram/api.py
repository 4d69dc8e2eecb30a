"""The Bot API over HTTP: the token stands in the path, so no error shows a path."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from connectors import http
from connectors.answers import Dialect, retry_after
from engage.errors import ConfigError, EngageError, Refused, Unavailable

BASE_URL = "https://api.telegram.org"
LET_GO = timedelta(seconds=30)  # until another program may have stopped to take the bot's updates


class Gone(Refused):
    """The message to delete is not there."""


class Api:
    """The calls of one bot. `close` it."""

    def __init__(self, base_url: str, token: str, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._http = http.client(base_url, timeout=timeout)
        self._path = f"/bot{quote(token, safe=':')}"
        self._dialect = Dialect(is_auth=_is_auth, message=partial(_said, token), special=_special, wait=_wait)

    def _request(self, method: str, body: Mapping[str, Any]) -> httpx.Request:
        return self._http.build_request("POST", f"{self._path}/{method}", json=dict(body))

    async def post(self, method: str, body: Mapping[str, Any]) -> httpx.Response:
        """What must happen at most once. Raises what a write raises."""
        return await http.write(self._http, self._request(method, body), self._dialect)

    async def ask(self, method: str, body: Mapping[str, Any] | None = None) -> Any:
        """The result of what is harmless to repeat. Raises what a read raises."""
        answer = await http.read(self._http, self._request(method, body or {}), self._dialect)
        try:
            return answer.json()["result"]
        except (ValueError, KeyError, TypeError):
            raise Unavailable(f"{method} did not answer with a result") from None

    async def close(self) -> None:
        await self._http.aclose()


def base_url(*configs: Mapping[str, Any]) -> str:
    """Where the Bot API is: the first config that names a `base_url`, else Telegram's own. Raises ConfigError."""
    value = next((config["base_url"] for config in configs if config.get("base_url")), BASE_URL)
    if not isinstance(value, str):
        fix = "Give the address of a Bot API server, or leave it out."
        raise ConfigError(f"{value!r} is no address", key="base_url", place="telegram", fix=fix)
    return value


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(token: str, body: Any) -> str:
    """Telegram's words, without the token and its secret half."""
    description = body.get("description") if isinstance(body, dict) else None
    said = description if isinstance(description, str) else ""
    for secret in (token, token.partition(":")[2]):
        said = said.replace(secret, "***") if secret else said
    return said


def _is_auth(response: httpx.Response) -> bool:
    """401: the token was revoked. 404 in Telegram's own words: what stands in the path is the token of no bot."""
    return response.status_code == 401 or (response.status_code == 404 and _body(response).get("error_code") == 404)


def _special(response: httpx.Response) -> EngageError | None:
    said = _said("", _body(response))
    if response.status_code == 409:
        return Unavailable(f"another program takes this bot's updates: {said or 'conflict'}"[:200], retry_after=LET_GO)
    if response.status_code == 400 and "message to delete not found" in said:
        return Gone("the message is not there any more")
    return None


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """`parameters.retry_after`: https://core.telegram.org/bots/api#responseparameters."""
    parameters = _body(response).get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < 1e7:
        return timedelta(seconds=seconds)
    return retry_after(response.headers, now)
