"""What a platform's answer means in the words of `engage.errors`: pure, for every platform alike.

Each platform's peculiarities are a `Dialect`; the rest is HTTP. `once` marks a write, which must happen at most once:
there a 5xx may hide a reply that was posted, so it is Ambiguous.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx

from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable

_MESSAGE_LENGTH = 200
_SHORTEST_SECRET = 16
_QUOTE = 12  # characters in a row that are a quotation


def plain_message(body: Any) -> str:
    """The human words of the usual error envelopes, or ''."""
    match body:
        case {"error": {"code": str(code), "message": str(message)}}:
            return f"{code}: {message}"
        case {"error": {"message": str(message)}} | {"message": str(message)} | {"detail": str(message)}:
            return message
        case {"error": str(message)}:
            return message
    return ""


def status_401(response: httpx.Response) -> bool:
    """The usual sign that the account's access is gone."""
    return response.status_code == 401


def asked_to_wait(response: httpx.Response, now: datetime) -> timedelta | None:
    """The usual way to ask for patience: the header Retry-After."""
    return retry_after(response.headers, now)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one platform says things.

    is_auth: whether a refusal is about the account's access (of 403 only some are). message: the platform's words in a
    decoded body. special: asked first, also about a 2xx; returns the error the answer stands for, or None. wait: for
    how long it asks to be left alone, where it says so.
    """

    is_auth: Callable[[httpx.Response], bool] = status_401
    message: Callable[[Any], str] = plain_message
    special: Callable[[httpx.Response], EngageError | None] | None = None
    wait: Callable[[httpx.Response, datetime], timedelta | None] = asked_to_wait


PLAIN = Dialect()


def meaning(response: httpx.Response, dialect: Dialect, *, once: bool, now: datetime) -> EngageError | None:
    """The error that an answer stands for, or None where it is good."""
    special = dialect.special(response) if dialect.special else None
    if special is not None or response.is_success:
        return special
    said = words(response, dialect)
    if dialect.is_auth(response):
        return Unauthorized(said)
    return by_status(response.status_code, said, dialect.wait(response, now), once=once)


def by_status(status: int, said: str, wait: timedelta | None, *, once: bool) -> EngageError:
    """What HTTP says by the status alone."""
    if status == 429:
        return RateLimited(said, retry_after=wait)
    if status >= 500:
        return Ambiguous(said) if once else Unavailable(said, retry_after=wait)
    if status == 408:  # the request never arrived whole
        return Unavailable(said, retry_after=wait)
    if status < 400:
        return Unavailable(f"{said} (a redirect: check the address)")
    return Refused(said)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The Retry-After header, given as seconds or as an HTTP date; None where absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    try:
        return timedelta(seconds=max(0.0, float(value)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(timedelta(), parsedate_to_datetime(value) - now)
    except (ValueError, TypeError):
        return None


def resets_in(value: str, now: datetime) -> timedelta | None:
    """The time until a header's moment: seconds since 1970 or ISO 8601. None where absent or unreadable."""
    try:
        moment = datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
    return max(timedelta(), moment - now) if moment.tzinfo else None


def words(response: httpx.Response, dialect: Dialect) -> str:
    """Host, status and the platform's own message, without what the request kept secret, and what it had people say."""
    try:
        said = dialect.message(response.json())
    except ValueError:
        said = ""
    for secret in _secrets(response.request):
        said = said.replace(secret, "***")
    said = _unquoted(said, _sent(response.request))
    said = " ".join(said.split())[:_MESSAGE_LENGTH]
    return f"{response.request.url.host} answered {response.status_code}" + (f": {said}" if said else "")


def _secrets(request: httpx.Request) -> list[str]:
    """What a platform might quote back: the credentials in the header, the query and a token-like path."""
    sent = request.headers.get("authorization", "").split()
    sent += [value for _, value in request.url.params.multi_items()]
    sent += request.url.path.split("/")
    return [word for word in sent if len(word) >= _SHORTEST_SECRET]


def _sent(request: httpx.Request) -> str:
    """What the body of a request said: the values of its JSON or its form."""
    try:
        body = request.content
    except httpx.RequestNotRead:
        return ""
    try:
        return "\n".join(_values(json.loads(body)))
    except ValueError:
        return "\n".join(value for _, value in parse_qsl(body.decode(errors="replace")))


def _values(decoded: Any) -> Iterator[str]:
    match decoded:
        case str():
            yield decoded
        case dict():
            yield from (text for value in decoded.values() for text in _values(value))
        case list():
            yield from (text for value in decoded for text in _values(value))


def _unquoted(said: str, sent: str) -> str:
    """The words without what they share with `sent`, in whatever part: a platform quotes a refused reply. Pure."""
    quoted = [False] * len(said)
    for start in range(len(said) - _QUOTE + 1):
        if said[start : start + _QUOTE] in sent:
            quoted[start : start + _QUOTE] = [True] * _QUOTE
    shown = "".join("\0" if is_quoted else sign for sign, is_quoted in zip(said, quoted, strict=True))
    return re.sub("\0+", "***", shown)
