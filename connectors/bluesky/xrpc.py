"""Calls to an account's server (its PDS), which passes on what is for others, and what their answers mean."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import dpop, http
from connectors.answers import Dialect, asked_to_wait, plain_message, resets_in
from engage.errors import Ambiguous, EngageError, Refused, Unauthorized, Unavailable
from engage.platform import AccountLink, App

HOME = "https://bsky.social"
CHAT = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}  # the server passes such a call on to the chat service

# Refusals that are about the account's access, whatever their status.
_GONE = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_CLOSED = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})


class Missing(Refused):
    """The record is not there."""


class NotOpened(Refused):
    """What was granted does not open this: direct messages were not allowed."""


def said(response: httpx.Response) -> tuple[str, str]:
    """The name and the words of a refusal."""
    try:
        match response.json():
            case {"error": str(name), **rest}:
                return name, str(rest.get("message") or "")
    except ValueError:
        pass
    return "", ""


def _message(body: Any) -> str:
    match body:
        case {"error": str(name), "message": str(words)}:
            return f"{name}: {words}"
    return plain_message(body)


def _is_auth(response: httpx.Response) -> bool:
    return response.status_code == 401 or said(response)[0] in _GONE | _CLOSED


def _special(response: httpx.Response) -> EngageError | None:
    if dpop.asks_for_nonce(response) or said(response)[0] == "invalid_dpop_proof":
        return Unavailable("the server takes no proof of ours (is the clock of this machine right?)")
    match said(response):
        case ("InvalidSwap", _) if response.status_code == 400:
            return Ambiguous("another record stands under this key: an earlier attempt of the reply")
        case ("RecordNotFound", _) if response.status_code == 400:
            return Missing("the record is not there")
        case ("InvalidToken", words) if words.startswith("Bad token"):  # of an app password without direct messages
            return NotOpened(words)
        case ("InvalidRequest", words) if words.startswith("Could not find user info"):  # of a refreshSession
            return Unauthorized(f"the server has the account no more ({words})")
        case ("ScopeMissingError", words):
            return NotOpened(words)
    return None


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    return asked_to_wait(response, now) or resets_in(response.headers.get("ratelimit-reset", ""), now)


DIALECT = Dialect(is_auth=_is_auth, message=_message, special=_special, wait=_wait)


def used_up(response: httpx.Response, cost: int) -> datetime | None:
    """Until when a good answer says that less than `cost` is left of a limit; None where enough is."""
    now = datetime.now(UTC)
    try:
        left = int(response.headers.get("ratelimit-remaining", ""))
    except ValueError:
        return None
    wait = resets_in(response.headers.get("ratelimit-reset", ""), now) if left < cost else None
    return now + wait if wait else None


def host(account: AccountLink) -> str:
    """Where an account's calls go: `base_url`, the server that it moved to, or the one where it was connected."""
    found = pinned(account) or account.credentials.get("server") or account.config.get("service") or HOME
    return str(found).rstrip("/")


def pinned(account: AccountLink) -> str:
    """The `base_url` of its config or its app's, which stands for every address; '' where there is none."""
    return str(account.config.get("base_url") or base_url(account.app))


def by_consent(account: AccountLink) -> bool:
    """Whether the account was granted on its server's page, and not with an app password."""
    return "dpop_key" in account.credentials


def base_url(app: App) -> str:
    """The address that stands for every host of the platform, '' where there is none."""
    return str(app.config.get("base_url") or "")


class Calls:
    """One account's calls. `quiet_until`: when its server answers reads again, where it said that none is left."""

    def __init__(self, account: AccountLink) -> None:
        self.did = account.platform_user_id
        self.quiet_until: datetime | None = None
        known = account.credentials
        token = known.get("access_jwt", "")
        self._http = http.client(host(account), headers={"authorization": f"Bearer {token}"} if token else {})
        if key := known.get("dpop_key"):
            self._http.auth = dpop.Proofs(dpop.key_of(key), known.get("access_token", ""))

    async def get(self, method: str, params: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """The object that a query answers with. Raises what a read raises."""
        request = self._http.build_request("GET", f"/xrpc/{method}", params=dict(params), headers=headers)
        answer = await http.read(self._http, request, DIALECT)
        self.quiet_until = used_up(answer, 1) or self.quiet_until
        return body(answer, method)

    async def repeat(self, method: str, given: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """A procedure that is harmless to repeat. Raises what a read raises."""
        request = self._http.build_request("POST", f"/xrpc/{method}", json=given, headers=headers)
        await http.read(self._http, request, DIALECT)

    async def write(
        self, method: str, given: Mapping[str, Any] | None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A procedure that must happen at most once. Raises what a write raises."""
        request = self._http.build_request("POST", f"/xrpc/{method}", json=given, headers=headers)
        return await http.write(self._http, request, DIALECT)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def body(answer: httpx.Response, method: str) -> dict[str, Any]:
    """The object in an answer to a read. Raises Unavailable."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unavailable(f"{method} did not answer with an object")
    return found
