"""TikTok's limits as the core keeps them. Pure; the numbers are those of README.md."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engage.errors import ConfigError
from engage.limits import POLL, Limit, Quota
from engage.models import Surface
from engage.platform import App

COMMENT_LENGTH = 150  # of two numbers that are told, the smaller one
MESSAGE_LENGTH = 6000
WINDOW = timedelta(hours=48)

_MINUTE = timedelta(minutes=1)
_OF_ONE_ENDPOINT = 40  # calls a minute of an account
_BASIC = 600  # calls a minute of an app of the lowest level
_MESSAGES_A_SECOND = 10  # of an app

# The most calls of one look, by endpoint. All stay under 40 a minute, as a look is taken once a minute.
COMMENT_PAGES = 30
REPLY_PAGES = 15
CONVERSATIONS = 15
LOOK = COMMENT_PAGES + REPLY_PAGES + CONVERSATIONS + 4  # and two lists of videos, two of conversations


def limits(app: App) -> tuple[Limit, ...]:
    """Half of what an app may call is for replies, the other half for looking. Raises ConfigError."""
    shared = _shared(app)
    comments, messages = frozenset({Surface.COMMENT}), frozenset({Surface.DM})
    return (
        Limit(_OF_ONE_ENDPOINT, _MINUTE, surfaces=comments),
        Limit(_a_minute(app) // 2, _MINUTE, burst=10, surfaces=comments, shared_by=shared),
        Limit(_MESSAGES_A_SECOND, timedelta(seconds=1), surfaces=messages, shared_by=shared),
    )


def quotas(app: App) -> tuple[Quota, ...]:
    """What all the accounts of an app may spend on looking in a day. Raises ConfigError."""
    a_day = _a_minute(app) // 2 * 24 * 60
    return (Quota(a_day, cost=LOOK, endpoint=POLL, shared_by=_shared(app)),)


def comment_length(config: Mapping[str, Any], app_config: Mapping[str, Any]) -> int:
    """The longest comment, which an operator may set once TikTok has said what it is. Raises ConfigError."""
    value = config.get("comment_length", app_config.get("comment_length", COMMENT_LENGTH))
    return _number(value, "comment_length", 100, "Give a number of characters, or leave it out.")


def _a_minute(app: App) -> int:
    fix = "Give the calls a minute that the app's level allows, or leave it out."
    return _number(app.config.get("calls_per_minute") or _BASIC, "calls_per_minute", _OF_ONE_ENDPOINT, fix)


def _number(value: Any, key: str, least: int, fix: str) -> int:
    try:
        if int(value) >= least:
            return int(value)
    except (TypeError, ValueError):
        pass
    raise ConfigError(f"{value!r} is no number from {least}", key=key, place="tiktok", fix=fix)


def _shared(app: App) -> str:
    return f"tiktok:{app.config.get('client_id', '')}"
