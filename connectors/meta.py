"""What Meta's Graph API says with an answer: its errors, and how much of its limits is used. `meta_graph` calls it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from connectors.answers import Dialect, retry_after, words
from connectors.fields import get
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable

# Codes of https://developers.facebook.com/docs/graph-api/guides/error-handling, and of the Messenger Platform's page.
RATE = frozenset({4, 17, 32, 341, 613, 80001, 80002, 80006})
BLOCKED_FOR_A_WHILE = 368  # for a policy: asking again soon makes it worse
ACCESS = frozenset({102, 190})
NOT_VISIBLE = 210  # a person whom the account cannot see
PERMISSION = frozenset({3, 10, *range(200, 300)}) - {NOT_VISIBLE}
# Of the permission codes, these subcodes are about one reply: its window is over, its reader or thread is not ours.
ONE_REPLY = frozenset({2018278, 2018065, 2534022, 2018300, 1545041, 2018108, 2018028, 2534041})
SERVICE = frozenset({1, 2})
A_WHILE = timedelta(minutes=5)  # the windows of Meta's limits slide: a part of it is free again soon
BLOCKED = timedelta(hours=6)
FULL = 95.0  # per cent of a limit; at 100 calls are refused


def _fault(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        fault = get(response.json(), "error")
    except ValueError:
        return None
    return fault if isinstance(fault, dict) else None


def _number(fault: Mapping[str, Any], name: str) -> int:
    value = fault.get(name)
    return value if isinstance(value, int) else 0


def _message(body: Any) -> str:
    """Code, subcode and words. A token endpoint of Instagram has an envelope of its own."""
    fault = get(body, "error")
    if not isinstance(fault, dict):
        said = get(body, "error_message")
        return said if isinstance(said, str) else ""
    codes = [str(_number(fault, name)) for name in ("code", "error_subcode") if _number(fault, name)]
    said = fault.get("error_user_msg") or fault.get("message") or ""
    return f"{'/'.join(codes)}: {said}"


_WORDS = Dialect(message=_message)


def _special(response: httpx.Response, *, posting: bool) -> EngageError | None:
    fault = _fault(response)
    if fault is None:
        return None
    code, said = _number(fault, "code"), words(response, _WORDS)
    if code in RATE or code == BLOCKED_FOR_A_WHILE:
        wait = _wait(response, datetime.now(UTC))
        return RateLimited(said, retry_after=wait or (BLOCKED if code == BLOCKED_FOR_A_WHILE else A_WHILE))
    if code in ACCESS:
        return Unauthorized(said)
    if code in PERMISSION:
        return Refused(said) if _number(fault, "error_subcode") in ONE_REPLY else Unauthorized(said)
    if code in SERVICE or fault.get("is_transient") is True:
        return Ambiguous(said) if posting else Unavailable(said)
    return None


def _wait(response: httpx.Response, now: datetime) -> timedelta | None:
    asked = [retry_after(response.headers, now) or timedelta(), regained_in(response.headers)]
    return max(asked) or None


# What posts something may have posted it where Meta speaks of a passing fault; what reads or sets may be repeated.
POSTING = Dialect(message=_message, special=partial(_special, posting=True), wait=_wait)
READING = Dialect(message=_message, special=partial(_special, posting=False), wait=_wait)


def _uses(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """What the usage headers tell, one limit after the other; what is unreadable tells nothing."""
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        try:
            told = json.loads(headers.get(name, "{}"))
        except ValueError:
            continue
        if not isinstance(told, dict):
            continue
        told_apart = [use for value in told.values() if isinstance(value, list) for use in value]
        yield from (use for use in (told, *told_apart) if isinstance(use, dict))


def regained_in(headers: Mapping[str, str]) -> timedelta:
    """How long Meta says that a limit which is used up stays so; nothing where it does not say."""
    told = [use.get("estimated_time_to_regain_access") for use in _uses(headers)]
    return timedelta(minutes=max((minutes for minutes in told if isinstance(minutes, int)), default=0))


def used(headers: Mapping[str, str]) -> float:
    """The per cent that are used of the limit that is nearest to its end."""
    parts = ("call_count", "total_time", "total_cputime")
    told = [use.get(part) for use in _uses(headers) for part in parts]
    return max((float(part) for part in told if isinstance(part, int | float)), default=0.0)


def quiet_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when to leave Meta alone, by the usage that a good answer tells; None where something is left."""
    return now + (regained_in(headers) or A_WHILE) if used(headers) >= FULL else None
