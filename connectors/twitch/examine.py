"""What `engage doctor --account` finds out about an account on Twitch. It only reads."""

from collections.abc import Sequence

from connectors.twitch.helix import SUBSCRIPTIONS, Helix
from connectors.twitch.subscriptions import ALIVE, Wanted, held_for
from connectors.twitch.tokens import Valid
from engage.errors import Unauthorized
from engage.platform import AccountLink, Finding

CONNECT_AGAIN = "Connect the account again: `engage connect twitch`"


async def examine(
    helix: Helix, account: AccountLink, needed: Sequence[str], wanted: Sequence[Wanted], callback_url: str
) -> list[Finding]:
    """needed: the scopes that this account's settings want. Raises Retryable."""
    try:
        valid = await helix.validate()
    except Unauthorized:
        return [Finding("access", "fail", "Twitch does not take the account's token any more", CONNECT_AGAIN)]
    return [*_access(valid, account), _scopes(valid, needed), *await _of_app(helix, account, wanted, callback_url)]


def _access(valid: Valid, account: AccountLink) -> list[Finding]:
    minutes = int(valid.expires_in.total_seconds() // 60)
    found = [Finding("access", "ok", f"{valid.login} (id {valid.user_id}), for another {minutes} minutes")]
    if valid.user_id != account.platform_user_id:
        found = [Finding("access", "fail", f"the token is that of {valid.login}, another user", CONNECT_AGAIN)]
    if valid.client_id != account.app.config.get("client_id"):
        found.append(Finding("application", "fail", "the token is of another application", CONNECT_AGAIN))
    return found


def _scopes(valid: Valid, needed: Sequence[str]) -> Finding:
    missing = [scope for scope in needed if scope not in valid.scopes]
    if missing:
        return Finding("scopes", "fail", f"not granted: {', '.join(missing)}", CONNECT_AGAIN)
    return Finding("scopes", "ok", f"all {len(needed)} are granted")


async def _of_app(helix: Helix, account: AccountLink, wanted: Sequence[Wanted], callback_url: str) -> list[Finding]:
    """What only the application may ask: what is left of its points, and the subscriptions."""
    try:
        answer = await helix.ask("GET", SUBSCRIPTIONS, as_app=True, user_id=account.platform_user_id)
        left, of = (answer.headers.get(f"ratelimit-{name}", "?") for name in ("remaining", "limit"))
        points = Finding("points", "warn" if left == "0" else "ok", f"{left} of {of} are left in this minute")
        if not callback_url:
            how = "a WebSocket, as nothing is reachable from outside"
            return [points, Finding("subscriptions", "ok", how)]
        return [points, await _subscribed(helix, account, wanted, callback_url)]
    except Unauthorized as error:
        fix = "Enter the application's id and secret again: `engage app set twitch`"
        return [Finding("application", "fail", str(error), fix)]


async def _subscribed(helix: Helix, account: AccountLink, wanted: Sequence[Wanted], callback_url: str) -> Finding:
    held = [one for one in await held_for(helix, account.platform_user_id) if one.callback == callback_url]
    for want in wanted:
        states = [one.status for one in held if one.is_for(want)]
        if not ALIVE & set(states):
            state = states[0] if states else "missing"
            fix = "Twitch must reach the address by HTTPS on port 443; Engage asks again within the hour"
            return Finding("subscriptions", "fail", f"{want.type}: {state}", fix)
        if "enabled" not in states:
            return Finding("subscriptions", "warn", f"{want.type}: Twitch has not verified the address yet")
    return Finding("subscriptions", "ok", f"{len(wanted)} arrive at {callback_url}")
