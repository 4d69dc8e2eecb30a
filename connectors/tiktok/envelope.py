"""What TikTok's answers mean. It says errors in a 200 whose `code` is not 0, so the code decides. Pure.

The codes are listed in README.md with their sources.
"""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from connectors.answers import Dialect
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable

OK = 0
GONE = 40007
_BLOCKED = 40064  # a rule of direct messages: the window, a block, or too many
_TOO_MANY = 40100
_NO_ACCESS = frozenset({40102, 40105})  # the token has ended; it is wrong or was revoked
_MINUTES = timedelta(minutes=5)  # after 40100 TikTok wants five minutes of quiet
_REST = timedelta(minutes=15)  # "you are sending messages too fast, take a rest": it says not how long
_SECRET = ("client_secret", "secret", "access_token", "refresh_token", "auth_code")


class Gone(Refused):
    """The comment, video or conversation does not exist any more."""


def failure(response: httpx.Response, *, once: bool) -> EngageError | None:
    """The error that an answer stands for; None where it is good, or where HTTP's status says it better."""
    said = _decoded(response)
    code = said.get("code") if isinstance(said, dict) else None
    if response.status_code == 429 or response.status_code >= 500 or code == OK:
        return None
    if isinstance(code, bool) or not isinstance(code, int):
        unreadable = f"{response.request.url.host} did not answer in its envelope"
        return (Ambiguous(unreadable) if once else Unavailable(unreadable)) if response.is_success else None
    return error_of(code, _words(response, code, said.get("message")), once=once)


def error_of(code: int, said: str, *, once: bool) -> EngageError:
    """What a code that is not 0 means. `once`: of a write, which a fault on TikTok's side may have done."""
    if code == _TOO_MANY:
        return RateLimited(said, retry_after=_MINUTES)
    if code == _BLOCKED and "too fast" in said.lower():
        return RateLimited(said, retry_after=_REST)
    if code in _NO_ACCESS:
        return Unauthorized(said)
    if code == GONE and not once:
        return Gone(said)
    if 40000 <= code < 50000:  # the request itself is not accepted: surely nothing was done
        return Refused(said)
    return Ambiguous(said) if once else Unavailable(said)


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _words(response: httpx.Response, code: int, message: Any) -> str:
    words = message if isinstance(message, str) else ""
    for secret in _secrets(response.request):
        words = words.replace(secret, "***")
    return f"{response.request.url.host} answered {code}: {' '.join(words.split())[:200]}"


def _secrets(request: httpx.Request) -> list[str]:
    """What an answer might quote back."""
    try:
        sent = json.loads(request.content or b"{}")
    except (ValueError, httpx.RequestNotRead):
        sent = {}
    found = [sent.get(name) for name in _SECRET] if isinstance(sent, dict) else []
    return [word for word in (request.headers.get("access-token"), *found) if isinstance(word, str) and word]


def _silent(body: Any) -> str:
    return ""  # an answer without the envelope is a proxy's: its words may be anything


READ = Dialect(message=_silent, special=partial(failure, once=False))
WRITE = Dialect(message=_silent, special=partial(failure, once=True))
