"""Calls of the Helix API, as the creator or as the application, and what its answers mean."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import http
from connectors.answers import Dialect, asked_to_wait, resets_in
from connectors.twitch.hosts import Hosts
from connectors.twitch.posts import SHUT_OUT
from connectors.twitch.tokens import Valid, app_token, forget, validate
from engage.errors import EngageError, Refused, Unauthorized, Unavailable
from engage.platform import AccountLink

_LAPSED = "invalid oauth token"
SUBSCRIPTIONS = "/eventsub/subscriptions"
LINES = "/chat/messages"
PRIVATE = "/whispers"
_PRIVATE_AGAIN = timedelta(minutes=15)


class AlreadyThere(Refused):
    """Such a subscription exists."""


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """`Ratelimit-Reset` is in seconds since 1970 (https://dev.twitch.tv/docs/api/guide/#twitch-rate-limits)."""
    return asked_to_wait(response, now) or resets_in(response.headers.get("ratelimit-reset", ""), now)


def _special(response: httpx.Response) -> EngageError | None:
    """Where the status alone says something else than is meant."""
    if response.status_code == 401 and "phone" in _said(response):
        return Refused("the creator's account has no verified phone number, which Twitch wants for whispers")
    path = response.request.url.path
    return next((read(response) for end, read in _READERS.items() if path.endswith(end)), None)


def _said(response: httpx.Response) -> str:
    try:
        return str(response.json().get("message", "")).lower()
    except (ValueError, AttributeError):
        return ""


def _of_subscription(response: httpx.Response) -> EngageError | None:
    if response.status_code == 403:
        why = "the permission to read this was not given, or taken back, or the bot account is banned from the chat"
        return Unauthorized(f"{why}: connect the account again")
    return AlreadyThere() if response.status_code == 409 else None


def _of_line(response: httpx.Response) -> EngageError | None:
    return Unauthorized(f"the sender may not write in this chat: {SHUT_OUT}") if response.status_code == 403 else None


def _of_whisper(response: httpx.Response) -> EngageError | None:
    """Whispers have limits of their own, which must not stop the chat: the creator's own whispers count as well."""
    if response.status_code != 429 or response.headers.get("ratelimit-remaining", "").strip() == "0":
        return None
    return Unavailable("Twitch takes no more whispers at the moment", retry_after=_PRIVATE_AGAIN)


_READERS = {SUBSCRIPTIONS: _of_subscription, LINES: _of_line, PRIVATE: _of_whisper}
TWITCH = Dialect(special=_special, wait=_wait)


def quiet_until(answer: httpx.Response, now: datetime) -> datetime | None:
    """When there is something left of the points of a minute, where this answer used the last one."""
    if answer.headers.get("ratelimit-remaining", "").strip() != "0":
        return None
    wait = resets_in(answer.headers.get("ratelimit-reset", ""), now)
    return now + wait if wait else None


class Helix:
    """The API for one account. Every call says as whom: Twitch wants now the one token and now the other."""

    def __init__(self, account: AccountLink, hosts: Hosts) -> None:
        self._account = account
        self._hosts = hosts
        self._http = http.client(hosts.helix, headers={"client-id": str(account.app.config.get("client_id", ""))})

    async def write(self, path: str, body: Mapping[str, Any], *, as_app: bool, **query: str) -> httpx.Response:
        """Post once. Raises as `http.write` does."""
        request = self._http.build_request("POST", f"{self._hosts.helix}{path}", params=query, json=dict(body))
        return await self._send(request, once=True, as_app=as_app)

    async def ask(self, method: str, path: str, *, as_app: bool, **query: str) -> httpx.Response:
        """Ask, or do what is harmless to repeat. Raises as `http.read` does."""
        request = self._http.build_request(method, f"{self._hosts.helix}{path}", params=query)
        return await self._send(request, once=False, as_app=as_app)

    async def validate(self) -> Valid:
        """Whether the creator's token still holds. Raises Unauthorized or Retryable."""
        return await validate(self._http, self._hosts, self._account.credentials.get("access_token", ""))

    async def _send(self, request: httpx.Request, *, once: bool, as_app: bool) -> httpx.Response:
        theirs = self._account.credentials.get("access_token", "")
        token = await app_token(self._account.app, self._hosts) if as_app else theirs
        request.headers["authorization"] = f"Bearer {token}"
        try:
            return await (http.write if once else http.read)(self._http, request, TWITCH)
        except Unauthorized as error:
            if as_app:
                forget(token)
                if _LAPSED in str(error).lower():  # the application's token ended early: not a matter of the account
                    raise Unavailable(str(error)) from None
            raise

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
