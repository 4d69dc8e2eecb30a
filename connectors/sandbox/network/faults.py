"""The dials that make this network as bad as a real one. Pure: the dice are rolled by the caller."""

import math
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from connectors.sandbox.network.state import Refusal


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities are 0..1; the reply faults exclude each other, so together they are at most 1."""

    webhook_duplicates: float = 0.0  # an event is delivered twice
    webhook_shuffle_s: float = 0.0  # each delivery waits 0 to this long, so that order is lost
    webhook_delay_ms: float = 0.0  # every delivery waits this long
    reply_429: float = 0.0
    retry_after_s: float = 1.0
    reply_limit: float = 0.0  # an account's calls in any `reply_limit_s` above it get 429; 0: no limit
    reply_limit_s: float = 60.0
    reply_5xx_before: float = 0.0  # 503, nothing was posted
    reply_5xx_after: float = 0.0  # 502, but the reply was posted
    reply_timeout_after: float = 0.0  # posted, and the answer comes `timeout_s` later
    timeout_s: float = 30.0
    reply_reset_after: float = 0.0  # posted, and the connection is cut
    readback_lag_s: float = 0.0  # a posted reply stays invisible to GET /api/replies this long
    token_s: float = 0.0  # access tokens that are given out from now on end after this; 0: never
    refresh_grace_s: float = 0.0  # a used refresh token is answered as before this long, instead of 401
    idempotency_keys: bool = True  # false: keys are ignored, as on most platforms


class Ending(StrEnum):
    """How one call of POST /api/reply ends."""

    GOOD = "good"
    RATE_LIMITED = "429"
    FAILED_BEFORE = "5xx_before"
    FAILED_AFTER = "5xx_after"
    TIMED_OUT = "timeout_after"
    RESET = "reset_after"


_PROBABILITIES = ("webhook_duplicates", *(f"reply_{ending.value}" for ending in list(Ending)[1:]))


def ending(faults: Faults, roll: float) -> Ending:
    """How a reply call ends, for a `roll` of 0 (inclusive) to 1 (exclusive)."""
    for candidate in list(Ending)[1:]:
        roll -= getattr(faults, f"reply_{candidate.value}")
        if roll < 0:
            return candidate
    return Ending.GOOD


def as_json(faults: Faults) -> dict[str, Any]:
    """All dials."""
    return asdict(faults)


def changed(faults: Faults, changes: dict[str, Any]) -> Faults:
    """`faults` with some dials turned. Raises Refusal 422 that names the dial."""
    known = {field.name for field in fields(Faults)}
    for name, value in changes.items():
        if name not in known:
            raise Refusal(422, "malformed", f"{name}: no such dial; there are {', '.join(sorted(known))}.")
        _check(name, value)
    turned = replace(faults, **changes)
    if sum(getattr(turned, name) for name in _PROBABILITIES[1:]) > 1:
        raise Refusal(422, "malformed", "reply_*: the probabilities add up to more than 1.")
    return turned


def _check(name: str, value: Any) -> None:
    if name == "idempotency_keys":
        if not isinstance(value, bool):
            raise Refusal(422, "malformed", f"{name}: expected true or false.")
        return
    highest = 1.0 if name in _PROBABILITIES else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        raise Refusal(422, "malformed", f"{name}: expected a number from 0 to {highest:g}.")
