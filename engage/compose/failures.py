"""What a model client's exception means here. Providers have their own classes; only status and kind are looked at."""

import json
from datetime import timedelta
from typing import Any

from engage.errors import ConfigError, EngageError, Malformed, RateLimited, Unauthorized, Unavailable

_BROKEN = (
    "Connection",
    "Timeout",
    "Protocol",
    "ReadError",
    "NetworkError",
    "TransportError",
    "Disconnected",
    "StreamError",
)
_UNREADABLE = (
    "ValidationError",
    "JSONDecodeError",
    "OutputParser",
    "LengthFinishReason",
    "ContentFilter",
    "ResponseValidation",
)
_SLOW = timedelta(seconds=30)


def is_connection_error(error: BaseException) -> bool:
    """Whether no answer came at all, so that asking once more at once is right."""
    return status_of(error) is None and (
        isinstance(error, ConnectionError | TimeoutError | OSError) or _is_a(error, _BROKEN)
    )


def status_of(error: BaseException) -> int | None:
    """The HTTP status an exception carries, or None."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status > 0 else None


def translate(error: Exception, spec: str) -> EngageError:
    """The error of ours for a model client's. The message names the fix where there is one."""
    if isinstance(error, EngageError):
        return error
    status = status_of(error)
    if status is not None:
        return _of_status(status, error, spec)
    if is_connection_error(error):
        return Unavailable(
            f"no answer from model {spec}: {_brief(error)}; is its server up, and ENGAGE_MODEL_BASE_URL right?"
        )
    if isinstance(error, json.JSONDecodeError | TypeError | KeyError | AttributeError) or _is_a(error, _UNREADABLE):
        return Malformed(f"the answer of model {spec} cannot be read: {_brief(error)}")
    return Unavailable(f"model {spec} failed: {_brief(error)}")


def _of_status(status: int, error: Exception, spec: str) -> EngageError:
    if status in (401, 403):
        return Unauthorized(
            f"model {spec} refuses the key ({status}): set ENGAGE_MODEL_API_KEY to one that is valid for it"
        )
    if status == 429:
        return RateLimited(f"model {spec} is rate limited", retry_after=_retry_after(error))
    if status == 404:
        fix = "Check ENGAGE_MODEL and ENGAGE_MODEL_BASE_URL"
        return ConfigError(f"{spec} is not there (404)", key="model", place="ENGAGE_MODEL", fix=fix)
    if status >= 500 or status in (408, 409, 425):
        return Unavailable(f"model {spec} is not ready ({status})", retry_after=_retry_after(error))
    return Malformed(f"model {spec} refuses the request ({status}): {_brief(error)}")


def _retry_after(error: Exception) -> timedelta | None:
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    value = headers.get("retry-after") if hasattr(headers, "get") else None
    try:
        return timedelta(seconds=max(0.0, float(value))) if value else None
    except ValueError:
        return _SLOW  # an HTTP date: rare, and near


def _is_a(error: BaseException, names: tuple[str, ...]) -> bool:
    return any(name in base.__name__ for base in type(error).__mro__ for name in names)


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]
