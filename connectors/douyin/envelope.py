"""What Douyin's answers mean. It says errors in a 200, in one of several places, so the code decides. Pure.

The codes are listed in README.md with their sources.
"""

import json
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import httpx

from connectors.answers import Dialect
from connectors.fields import get
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable

_PLACES = (("data", "error_code"), ("extra", "error_code"), ("err_no",))
_WORDS = (
    ("extra", "sub_description"),
    ("extra", "description"),
    ("data", "description"),
    ("err_msg",),
    ("err_tips",),
)
# The token has ended, is none, or belongs to somebody else; the user or the application is closed.
_NO_ACCESS = frozenset({10008, 2190002, 2190008, 28001003, 28001008, 28001015, 28001016, 28001045, 28001046, 2100009})
_BUSY = frozenset({10001, 2100001, 2100004, 28001005, 28001006})
_TOO_FAST = frozenset({28001052, 28003018, 28003070})
_USED_UP = frozenset({2190001, 28003017})
# The live room does not have our application mounted, or not any more; the mini-play's token is another one by now.
_NOT_YET = frozenset({5003019, 40022})
_SOON, _LATER = timedelta(minutes=1), timedelta(hours=1)  # Douyin does not say how long
_SECRET = ("client_secret", "secret", "access_token", "refresh_token", "code")


def failure(response: httpx.Response, *, once: bool) -> EngageError | None:
    """The error that an answer stands for; None where it is good, or where HTTP's status says it better."""
    said = _decoded(response)
    code = code_of(said)
    if response.status_code == 429 or response.status_code >= 500:
        return None
    if code is None:
        unreadable = f"{response.request.url.host} did not answer in its envelope"
        return (Ambiguous(unreadable) if once else Unavailable(unreadable)) if response.is_success else None
    return error_of(code, _words(response, code, said), once=once) if code else None


def code_of(said: Any) -> int | None:
    """The first code that is not 0, which Douyin writes as a number or a string; None where there is none at all."""
    codes = [code for place in _PLACES if (code := _number(get(said, *place))) is not None]
    return next((code for code in codes if code), 0) if codes else None


def error_of(code: int, said: str, *, once: bool) -> EngageError:
    """What a code that is not 0 means. `once`: of a write, which a fault on Douyin's side may have done."""
    if code in _NO_ACCESS:
        return Unauthorized(said)
    if code in _TOO_FAST or code in _USED_UP:
        return RateLimited(said, retry_after=_LATER if code in _USED_UP else _SOON)
    if code in _BUSY:
        return Ambiguous(said) if once else Unavailable(said)
    if code in _NOT_YET:
        return Unavailable(said, retry_after=_SOON)
    return Refused(said)


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _words(response: httpx.Response, code: int, said: Any) -> str:
    words = next((found for place in _WORDS if isinstance(found := get(said, *place), str) and found), "")
    for secret in _secrets(response.request):
        words = words.replace(secret, "***")
    return f"{response.request.url.host} answered {code}: {' '.join(words.split())[:200]}"


def _secrets(request: httpx.Request) -> list[str]:
    """What an answer might quote back."""
    try:
        body = request.content.decode("utf-8", "replace")
        sent = json.loads(body) if body.startswith("{") else {key: one[0] for key, one in parse_qs(body).items()}
    except (ValueError, httpx.RequestNotRead):
        sent = {}
    found = [request.headers.get("access-token"), *(sent.get(name) for name in _SECRET)]
    return [word for word in found if isinstance(word, str) and word]


def _silent(body: Any) -> str:
    return ""  # an answer without the envelope is a proxy's: its words may be anything


READ = Dialect(message=_silent, special=partial(failure, once=False))
WRITE = Dialect(message=_silent, special=partial(failure, once=True))
