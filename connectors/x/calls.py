"""Calls of the X API, as the creator or as the application, and what its answers mean."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import http, oauth
from connectors.answers import Dialect, asked_to_wait, resets_in, words
from connectors.fields import get
from engage.errors import Ambiguous, ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.platform import AccountLink, App

API = "https://api.x.com"
SITE = "https://x.com"
# The money is used up: until somebody buys credits or raises the limit.
UNPAID = timedelta(hours=6)
# Headers of a quarter of an hour, and of a day of the application and of the user; each -limit, -remaining and -reset.
WINDOWS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
CROWDED = timedelta(minutes=1)  # both connections of the application are taken
# The application, or the account itself, may not use the API at all.
_ACCESS = frozenset({"client-forbidden", "oauth1-permissions", "unsupported-authentication"})
_LOCKED = frozenset({64, 326})  # suspended, locked


class Gone(Refused):
    """What should be deleted is not there."""


def host(config: Mapping[str, Any], app: App, default: str = API) -> str:
    """Where calls go: `base_url` of the account or the application, or the real host."""
    base = config.get("base_url") or app.config.get("base_url") or default
    return str(base).rstrip("/")


def _message(body: Any) -> str:
    """The words of a problem, of OAuth, or of the list of errors that older answers have."""
    for key in ("detail", "error_description", "title", "error"):
        if isinstance(said := get(body, key), str):
            return said
    first = _first_error(body)
    return next((said for key in ("message", "detail", "title") if isinstance(said := get(first, key), str)), "")


def _first_error(body: Any) -> Any:
    rows = get(body, "errors")
    return rows[0] if isinstance(rows, list) and rows else None


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """Of a refusal that names no window as used up, until the end of the quarter of an hour."""
    quarter = resets_in(response.headers.get(f"{WINDOWS[0]}-reset", ""), now)
    return asked_to_wait(response, now) or used_up(response, now) or quarter


def used_up(response: httpx.Response, now: datetime) -> timedelta | None:
    """How long the longest of the windows lasts in which nothing is left; None where something is left in all."""
    told = response.headers
    empty = [window for window in WINDOWS if told.get(f"{window}-remaining", "").strip() == "0"]
    return max(filter(None, (resets_in(told.get(f"{window}-reset", ""), now) for window in empty)), default=None)


def _special(response: httpx.Response) -> EngageError | None:
    """Where the status alone says less than the problem's type."""
    if response.is_success:
        return None
    try:
        body = response.json()
    except ValueError:
        body = None
    said, kind = words(response, _WORDS), str(get(body, "type")).rsplit("/", 1)[-1]
    if response.status_code == 402 or kind == "usage-capped":
        return RateLimited(f"{said} (credits or spending limit of the application)", retry_after=UNPAID)
    if kind == "streaming-connection":
        return RateLimited(said, retry_after=CROWDED)
    if response.status_code == 403 and (kind in _ACCESS or get(_first_error(body), "code") in _LOCKED):
        return Unauthorized(said)
    return Gone(said) if response.status_code == 404 and response.request.method == "DELETE" else None


_WORDS = Dialect(message=_message)
DIALECT = Dialect(message=_message, special=_special, wait=_wait)


class Calls:
    """One account's way to the API."""

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self._http = http.client(host(account.config, account.app))

    async def write(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Post something as the creator, once. Raises as `http.write` does."""
        return await http.write(self._http, self._request("POST", path, body, as_app=False), DIALECT)

    async def ask(
        self, method: str, path: str, *, as_app: bool = False, body: Any = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask, or do what is harmless to repeat. Raises as `http.read` does, and ConfigError where the app may not."""
        request = self._request(method, path, body, as_app=as_app, query=query)
        try:
            return _object(await http.read(self._http, request, DIALECT))
        except Unauthorized as error:
            raise (not_the_app(error) if as_app else error) from None

    async def delete(self, path: str, *, as_app: bool = False) -> None:
        """Delete something; what is gone already is no error. Raises as `ask`."""
        with suppress(Gone):
            await self.ask("DELETE", path, as_app=as_app)

    async def change(self, method: str, path: str, body: Any, *, as_app: bool = False) -> dict[str, Any]:
        """Do something that is looked at again later, so that a lost answer is no doubt. Raises as `ask`."""
        request = self._request(method, path, body, as_app=as_app)
        try:
            return _object(await http.write(self._http, request, DIALECT))
        except Ambiguous as error:
            raise Unavailable(str(error)) from None
        except Unauthorized as error:
            raise (not_the_app(error) if as_app else error) from None

    def _request(
        self, method: str, path: str, body: Any, *, as_app: bool, query: Mapping[str, str] | None = None
    ) -> httpx.Request:
        token = bearer(self._account.app) if as_app else self._account.credentials.get("access_token", "")
        headers = {"authorization": f"Bearer {token}"}
        return self._http.build_request(method, path, params=dict(query or {}), json=body, headers=headers)

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def bearer(app: App) -> str:
    """The application's own token, the newest. Raises ConfigError."""
    return oauth.required(app, "bearer_token", app.secrets.get("bearer_token")).split()[0]


def not_the_app(error: Unauthorized) -> ConfigError:
    """The application's token is refused: no account's access is in doubt."""
    fix = "Copy it again from the application's Keys and tokens, and set it with `engage app set x`."
    return ConfigError(str(error), key="bearer_token", place="application of x", fix=fix)


def quiet_until(answer: httpx.Response, now: datetime) -> datetime | None:
    """When the account may write again, where this answer used the last of a window."""
    wait = used_up(answer, now)
    return now + wait if wait else None


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json() if answer.content else {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unavailable(f"{answer.request.url.host} did not answer with an object")
    return said


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
