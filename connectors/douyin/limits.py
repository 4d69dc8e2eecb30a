"""Douyin's limits as the core keeps them. Pure; what is known of the numbers is in README.md."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engage.errors import ConfigError
from engage.limits import Each, Limit
from engage.models import Surface

COMMENT_LENGTH = 100
MESSAGE_LENGTH = 500
OVERLAY_LENGTH = 120  # ours: what a viewer can read beside a live picture
WINDOW = timedelta(hours=24)
TO_ONE_MESSAGE = 6  # answers that Douyin takes to one message of a follower

_SECOND = timedelta(seconds=1)
LIMITS = (
    # No number is published: this keeps a backlog from going out all at once.
    Limit(1, _SECOND, surfaces=frozenset({Surface.COMMENT})),
    Limit(1, _SECOND, surfaces=frozenset({Surface.DM})),
    # Each message of the follower opens six answers and gets one: no fault shall run through them in a moment.
    Limit(TO_ONE_MESSAGE, 3 * _SECOND, each=Each.CONVERSATION, surfaces=frozenset({Surface.DM})),
)


def length(surface: Surface, config: Mapping[str, Any], app_config: Mapping[str, Any]) -> int:
    """The longest answer, which an operator may set once Douyin has said what it is. Raises ConfigError."""
    if surface is Surface.LIVE:
        return OVERLAY_LENGTH
    key = f"{surface.value}_length"
    default = COMMENT_LENGTH if surface is Surface.COMMENT else MESSAGE_LENGTH
    value = config.get(key, app_config.get(key, default))
    try:
        if int(value) >= COMMENT_LENGTH:
            return int(value)
    except (TypeError, ValueError):
        pass
    fix = "Give a number of characters, or leave it out."
    raise ConfigError(f"{value!r} is no number from {COMMENT_LENGTH}", key=key, place="douyin", fix=fix)
