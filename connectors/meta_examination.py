"""What `engage doctor --account` finds alike on every product of Meta's. Pure."""

from collections.abc import Sequence
from typing import Any

from connectors.fields import items
from engage.platform import Finding

NEAR = 80.0  # per cent of a limit


def subscription(apps: Sequence[Any], wanted: Sequence[str], callback_url: str, instead: str) -> Finding:
    """Whether the account's events are sent to us. instead: what happens where nobody can call us."""
    fields = {field for app in apps for field in items(app, "subscribed_fields") if isinstance(field, str)}
    missing = [field for field in wanted if field not in fields]
    if not callback_url:
        return Finding("webhooks", "warn", f"no address of ours is reachable: {instead}", "Set public_url")
    if missing:
        fix = "It is asked for again within a day; check the callback URL and verify token in the console"
        return Finding("webhooks", "fail", f"not subscribed to {', '.join(missing)}", fix)
    return Finding("webhooks", "ok", ", ".join(wanted))


def limits(percent: float) -> Finding:
    """How near Meta's limits are."""
    if percent >= NEAR:
        return Finding("limits", "warn", f"{percent:.0f} % used", "Wait an hour: the windows slide")
    return Finding("limits", "ok", f"{percent:.0f} % used")
