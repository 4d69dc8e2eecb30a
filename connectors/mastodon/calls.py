"""What Mastodon's answers mean, and reading what is in them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx

from connectors import http
from connectors.answers import Dialect, asked_to_wait, plain_message, resets_in
from engage.errors import EngageError, Refused, Unavailable

T = TypeVar("T")

# Of the statuses that a server allows an account (300 in 3 hours, by whichever application: its rate_limiter.rb), half
# may go as they come, the rest is spread over the time that is left, and some are spared for the creator in person.
AT_ONCE, SPARED = 1 / 2, 1 / 15


def _is_auth(response: httpx.Response) -> bool:
    """Of 403 these are about the account (https://docs.joinmastodon.org/methods/accounts/#verify_credentials)."""
    if response.status_code != 403:
        return response.status_code == 401
    try:
        said = plain_message(response.json())
    except ValueError:
        return False
    return said.startswith(("Your login", "Your account")) or "outside the authorized scopes" in said


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    return asked_to_wait(response, now) or resets_in(response.headers.get("x-ratelimit-reset", ""), now)


DIALECT = Dialect(is_auth=_is_auth, wait=_wait)


class Gone(Refused):
    """What was to be deleted is not there."""


def _gone(response: httpx.Response) -> EngageError | None:
    return Gone() if response.status_code in (404, 410) else None


DELETING = replace(DIALECT, special=_gone)


def client(base_url: str, access_token: str) -> httpx.AsyncClient:
    return http.client(base_url, headers={"authorization": f"Bearer {access_token}"} if access_token else None)


async def fetch(calls: httpx.AsyncClient, path: str, params: Mapping[str, str] | None = None) -> httpx.Response:
    """A read. Raises RateLimited, Unavailable, Unauthorized or Refused."""
    return await http.read(calls, calls.build_request("GET", path, params=params), DIALECT)


def reading(answer: httpx.Response, take: Callable[[Any], T]) -> T:
    """What `take` finds in an answer. Raises Unavailable where the answer is not what the platform promises."""
    try:
        return take(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unavailable(f"{answer.request.url.host}{answer.request.url.path} answered something else") from None


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    """The objects of a list. Raises Unavailable."""
    said = reading(answer, lambda body: body)
    if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
        raise Unavailable(f"{answer.request.url.host}{answer.request.url.path} answered no list")
    return said


def quiet_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the account should post again, by what the answer to a post says is left; None: at any time."""
    ends = resets_in(headers.get("x-ratelimit-reset", ""), now)
    try:
        of, left = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
    except (KeyError, ValueError):
        return None
    if ends is None or left > of * AT_ONCE:
        return None
    return now + ends / max(1, left - round(of * SPARED))
