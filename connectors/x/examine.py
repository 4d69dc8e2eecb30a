"""What `engage doctor --account` finds out about an account on X. It only reads; whose account it is costs a cent."""

from collections.abc import Collection, Sequence

from connectors.fields import id_or_none, text_or_none
from connectors.x.calls import Calls, now
from connectors.x.limits import DOLLAR, Plan
from connectors.x.subscriptions import held_for, known_webhook
from engage.errors import ConfigError, Malformed, Refused, Unauthorized
from engage.limits import REPLY, STREAM
from engage.models import Surface
from engage.platform import AccountLink, Finding

CONNECT_AGAIN = "Connect the account again: `engage connect x`"
MISSING = "A worker asks for them by itself; where the month's budget is used up, when the next month begins."


async def examine(
    calls: Calls, account: AccountLink, plan: Plan, needed: Sequence[str], wanted: Collection[str], callback_url: str
) -> list[Finding]:
    """needed: scopes; wanted: kinds of events. Raises Retryable."""
    try:
        said = await calls.ask("GET", "/2/users/me")
    except (Unauthorized, Refused) as error:
        return [Finding("access", "fail", str(error), CONNECT_AGAIN), _budget(plan)]
    found = [_access(said, account), _scopes(account, needed), _budget(plan)]
    return [*found, *await _of_app(calls, account, wanted, callback_url)]


def _access(said: object, account: AccountLink) -> Finding:
    user_id, name = id_or_none(said, "data", "id"), text_or_none(said, "data", "username")
    if user_id != account.platform_user_id:
        return Finding("access", "fail", f"the token is that of {name}, another user", CONNECT_AGAIN)
    return Finding("access", "ok", f"@{name} (id {user_id})")


def _scopes(account: AccountLink, needed: Sequence[str]) -> Finding:
    granted = account.config.get("scopes") or ()
    missing = [scope for scope in needed if scope not in granted]
    if missing:
        return Finding("scopes", "fail", f"not granted: {', '.join(missing)}", CONNECT_AGAIN)
    return Finding("scopes", "ok", f"all {len(needed)} are granted")


def _budget(plan: Plan) -> Finding:
    if plan.budget is None:
        fix = "Set X's spending limit in its console, or a `monthly_budget` with `engage app set x`."
        return Finding("budget", "warn", "nobody counts what X takes", fix)
    posts, messages = (plan.share(REPLY) // plan.cost(one) for one in (Surface.COMMENT, Surface.DM))
    told = (
        f"{plan.budget / DOLLAR:.2f} dollars a month for all accounts: {posts} public replies, or {messages} messages; "
    )
    return Finding("budget", "ok", told + f"{plan.share(STREAM) / DOLLAR:.2f} of them for hearing of events")


async def _of_app(calls: Calls, account: AccountLink, wanted: Collection[str], callback_url: str) -> list[Finding]:
    """What only the application may ask."""
    try:
        found = [await _arrival(calls, callback_url)]
        held = {one.event_type async for one in held_for(calls, account.platform_user_id)}
        found.append(_subscribed(held, wanted))
        return [*found, await _usage(calls)]
    except (ConfigError, Refused) as error:
        return [Finding("application", "fail", str(error), "Copy the bearer token again: `engage app set x`")]


async def _arrival(calls: Calls, callback_url: str) -> Finding:
    """How events come here."""
    if not callback_url:
        return Finding("events", "ok", "by the application's stream, as nothing is reachable from outside")
    webhook = await known_webhook(calls, callback_url)
    if webhook is None:
        fix = "A worker asks for it within the hour; X wants https without a port, and a right answer to its challenge."
        return Finding("events", "warn", f"X knows no webhook at {callback_url}", fix)
    if not webhook.valid:
        fix = "Look whether the address is reachable from outside, and whether the client secret is X's own."
        return Finding("events", "fail", f"X has given the webhook {webhook.id} up", fix)
    return Finding("events", "ok", f"by webhook {webhook.id}")


def _subscribed(held: Collection[str], wanted: Collection[str]) -> Finding:
    missing = sorted(set(wanted) - set(held))
    if missing:
        return Finding("subscriptions", "warn", f"missing: {', '.join(missing)}", MISSING)
    return Finding("subscriptions", "ok", f"all {len(wanted)}")


async def _usage(calls: Calls) -> Finding:
    """What X says was read this month; it tells no money."""
    try:
        fields = {"usage.fields": "cap_reset_day,project_cap,project_usage"}
        said = await calls.ask("GET", "/2/usage/tweets", as_app=True, query=fields)
        used, cap = (id_or_none(said, "data", key) or "?" for key in ("project_usage", "project_cap"))
    except (Refused, Malformed) as error:
        return Finding("usage", "warn", str(error), f"Look at the console: this was asked at {now():%H:%M} UTC.")
    return Finding("usage", "ok", f"{used} of {cap} posts were read")
