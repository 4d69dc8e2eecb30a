"""What `engage doctor --account` is told of a channel."""

from collections.abc import Sequence

from connectors.fields import get
from connectors.kick.calls import Calls
from connectors.kick.connect import SCOPES, granted, whose
from connectors.kick.keys import keys_in
from connectors.kick.subscriptions import missing
from engage.errors import ConfigError
from engage.platform import AccountLink, App, Finding

TAB = "the developer tab of Kick's settings"
SET = "`engage app set kick`"


async def examine(calls: Calls, account: AccountLink, writes_as: str, callback_url: str) -> Sequence[Finding]:
    """Asks Kick; writes nothing there. Raises what a read raises."""
    _, name = await whose(account)
    return [
        Finding("access", "ok", f"the token is {name}'s"),
        _scopes(await granted(account)),
        await _events(calls, account.platform_user_id, callback_url),
        _bot(account.app, writes_as),
        await _key(calls, account.app),
    ]


def _scopes(scopes: Sequence[str]) -> Finding:
    missing = [scope for scope in SCOPES if scope not in scopes]
    if not missing:
        return Finding("scopes", "ok", "all that are needed")
    return Finding(
        "scopes", "fail", f"without {', '.join(missing)}", f"Tick them in {TAB} and connect the account again"
    )


async def _events(calls: Calls, channel: str, callback_url: str) -> Finding:
    if not callback_url:
        return Finding("events", "fail", "Kick can reach us at no address", "Set public_url")
    if not (left := await missing(calls, channel)):
        return Finding("events", "ok", f"subscribed; {TAB} must have {callback_url}")
    fix = f"Enable webhooks with {callback_url} in {TAB}; a worker subscribes within the hour"
    return Finding("events", "warn", f"not subscribed: {', '.join(left)}", fix)


def _bot(app: App, writes_as: str) -> Finding:
    if writes_as != "bot":
        return Finding("bot", "ok", "writes as the creator")
    if named := app.config.get("bot"):
        return Finding("bot", "ok", f"writes as {named}")
    return Finding("bot", "fail", "the application's bot is not named: nothing is answered", f"Name it with {SET}")


async def _key(calls: Calls, app: App) -> Finding:
    """Whether the key that calls are held against is the one that Kick tells."""
    theirs = get(await calls.ask("GET", "/public-key"), "public_key")
    try:
        ours = [key.public_numbers() for key in keys_in(str(app.config.get("public_key", "")))]
    except ConfigError as error:
        return Finding("public key", "fail", str(error), error.fix)
    try:
        same = keys_in(str(theirs))[0].public_numbers() in ours
    except ConfigError:
        return Finding("public key", "warn", "Kick tells none that can be read", "Look at its page on webhook security")
    if same:
        return Finding("public key", "ok", "Kick's")
    return Finding(
        "public key", "fail", "another than Kick's", f"Add the key of Kick's page on webhook security with {SET}"
    )
