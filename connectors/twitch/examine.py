"""What `engage doctor --account` finds out about an account on Twitch. It only reads."""

from collections.abc import Sequence

from connectors.fields import items, yes
from connectors.twitch.helix import SUBSCRIPTIONS, Helix
from connectors.twitch.subscriptions import ALIVE, Wanted, held_for
from connectors.twitch.tokens import Valid
from engage.errors import Malformed, Unauthorized, Unavailable
from engage.platform import AccountLink, Finding

_MODES = {
    "emote_mode": "emotes only",
    "follower_mode": "followers only",
    "slow_mode": "slow",
    "subscriber_mode": "subscribers only",
    "unique_chat_mode": "unique messages only",
}
CONNECT_AGAIN = "Connect the account again: `engage connect twitch`"


async def examine(
    helix: Helix,
    account: AccountLink,
    needed: Sequence[str],
    wanted: Sequence[Wanted],
    callback_url: str,
    *,
    moderates: bool,
) -> list[Finding]:
    """needed: the scopes that this account's settings want. moderates: no mode of the chat holds for who writes.

    Raises Retryable.
    """
    try:
        valid = await helix.validate()
    except Unauthorized:
        return [Finding("access", "fail", "Twitch does not take the account's token any more", CONNECT_AGAIN)]
    modes = [] if moderates else [await _modes(helix, account)]
    of_app = await _of_app(helix, account, wanted, callback_url)
    return [*_access(valid, account), _scopes(valid, needed), *modes, *of_app]


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


async def _modes(helix: Helix, account: AccountLink) -> Finding:
    """https://dev.twitch.tv/docs/api/reference/#get-chat-settings"""
    answer = await helix.ask("GET", "/chat/settings", as_app=False, broadcaster_id=account.platform_user_id)
    try:
        settings = items(answer.json(), "data")[0]
    except (ValueError, IndexError, Malformed):
        raise Unavailable("Twitch did not answer with the chat's settings") from None
    if on := [name for key, name in _MODES.items() if yes(settings, key)]:
        fix = "Make the bot a moderator of the channel, connect the account again and say so: modes do not hold for one"
        return Finding("chat modes", "warn", f"{', '.join(on)}: Twitch drops what the bot may not write then", fix)
    return Finding("chat modes", "ok", "nothing keeps the bot from writing")


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
