"""How Discord is called, and what its answers mean."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import http
from connectors.answers import Dialect, asked_to_wait, words
from engage.errors import EngageError, RateLimited, Refused, Unauthorized, Unavailable

HOST = "https://discord.com"
API = "/api/v10"
# Discord asks for this form: https://docs.discord.com/developers/reference#user-agent
USER_AGENT = f"DiscordBot (self-hosted, 0.1) {http.USER_AGENT}"

_UNKNOWN_MESSAGE = 10008
_TOKEN_REFUSED = 40001

# What to do about a code: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
_HINTS = {
    10003: "the channel or thread is gone, or the bot was removed from the server",
    _UNKNOWN_MESSAGE: "the message was deleted",
    50001: "the bot lacks the permission View Channel here",
    50007: "this person takes no direct messages from the bot",
    50013: "the bot lacks a permission here: Send Messages (in Threads), Read Message History or Manage Messages",
    50278: "the bot and this person share no server",
    160002: "the bot lacks the permission Read Message History here, without which it cannot answer a message",
    160005: "the thread is locked",
    200000: "the server's AutoMod does not let it through",
}
_LONG = timedelta(seconds=10)
_SHUT_OUT = timedelta(minutes=5)
_SLOW_DOWN = (20016, 20028, 20029, 40062)  # slow mode of a channel, write limits of a channel, a server, a resource


def calls(config: Mapping[str, Any], app_config: Mapping[str, Any], token: str) -> httpx.AsyncClient:
    """A client for one bot; close it with `aclose()`."""
    host = str(config.get("base_url") or app_config.get("base_url") or HOST).rstrip("/")
    return http.client(host + API, headers={"authorization": f"Bot {token}", "user-agent": USER_AGENT})


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(body: Any) -> str:
    """`code message: the first error of a form (what to do)`."""
    if not isinstance(body, dict):
        return ""
    parts = [str(body.get(key)) for key in ("code", "message") if body.get(key) is not None]
    if detail := _first_error(body.get("errors")):
        parts.append(f"({detail})")
    code = body.get("code")
    hint = _HINTS.get(code, "") if isinstance(code, int) else ""
    return " ".join(parts) + (f"; {hint}" if hint else "")


def _first_error(errors: Any) -> str:
    """The innermost message of a form's errors, which stand under the names of its fields."""
    if isinstance(errors, dict):
        for key, value in errors.items():
            found = _leaf(value) if key == "_errors" else _first_error(value)
            if found:
                return found
    return ""


def _leaf(errors: Any) -> str:
    return str(errors[0].get("message", "")) if isinstance(errors, list) and errors else ""


_WORDS = Dialect(message=_said)


def _special(response: httpx.Response) -> EngageError | None:
    """Codes that mean another thing than their status, and the answers of the wall before Discord."""
    if response.is_success:
        return None
    body = _body(response)
    said = words(response, _WORDS)
    if body.get("code") == _TOKEN_REFUSED:
        return Unauthorized(said)
    if body.get("code") in _SLOW_DOWN or response.status_code == 429:
        return _too_many(response, body, said)
    if response.status_code == 403 and not body:
        # 10,000 calls with 401, 403 or 429 within 10 minutes shut an address out:
        # https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
        why = f"{response.request.url.host} answered 403 without a reason: it shuts this address out"
        return Unavailable(why, retry_after=_SHUT_OUT)
    return None


def _too_many(response: httpx.Response, body: Mapping[str, Any], said: str) -> EngageError:
    """RateLimited makes the whole account wait: too much for a post where one channel is limited for a long time."""
    wait = _wait(response, datetime.now(UTC))
    if response.request.method == "POST" and body.get("global") is False and wait is not None and wait > _LONG:
        return Unavailable(said, retry_after=wait)
    return RateLimited(said, retry_after=wait)


def _seconds(body: Mapping[str, Any]) -> timedelta | None:
    value = body.get("retry_after")
    try:
        return timedelta(seconds=max(0.0, float(value))) if isinstance(value, int | float) else None
    except (ValueError, OverflowError):
        return None


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """The body says it to the millisecond, the header in whole seconds."""
    return _seconds(_body(response)) or asked_to_wait(response, now)


DIALECT = replace(_WORDS, special=_special, wait=_wait)


async def ask(client: httpx.AsyncClient, path: str, **params: str) -> Any:
    """The decoded answer to a GET. Raises what a read raises."""
    answer = await http.read(client, client.build_request("GET", path, params=params), DIALECT)
    try:
        return answer.json()
    except ValueError:
        raise Unavailable(f"GET {path} did not answer with JSON") from None


async def take_away(client: httpx.AsyncClient, channel_id: str, message_id: str) -> None:
    """Delete a message; one that is gone already is no error. Raises what a read raises."""
    request = client.build_request("DELETE", f"/channels/{channel_id}/messages/{message_id}")
    try:
        await http.read(client, request, _DELETING)
    except _Gone:
        return


class _Gone(Refused):
    """The message is not there any more."""


def _gone_or_special(response: httpx.Response) -> EngageError | None:
    return _Gone() if _body(response).get("code") == _UNKNOWN_MESSAGE else _special(response)


_DELETING = replace(DIALECT, special=_gone_or_special)
