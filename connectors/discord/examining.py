"""What `engage doctor --account` finds out about a bot."""

from collections.abc import Sequence
from typing import Any

import httpx

from connectors.discord import starts
from connectors.discord.calls import ask
from connectors.discord.places import Places
from connectors.fields import get, number, text, yes
from engage.errors import Malformed, Refused
from engage.platform import Finding

_MESSAGE_CONTENT = 1 << 18 | 1 << 19  # granted after a review, or to a small application
_MOST_CHANNELS = 20
MOST_SERVERS, _MANY_SERVERS = (
    2500,
    2000,
)  # on one connection: https://docs.discord.com/developers/events/gateway#sharding


async def examine(client: httpx.AsyncClient, places: Places, callback_url: str) -> Sequence[Finding]:
    """Asks Discord, and changes nothing there. Raises what a read raises."""
    bot, app = await ask(client, "/users/@me"), await ask(client, "/applications/@me")
    gateway = await ask(client, "/gateway/bot")
    return [
        _identity(bot, places),
        _intent(app, places),
        _starts(gateway),
        _servers(app),
        _creators(places),
        *[await _channel(client, channel_id) for channel_id in sorted(places.followed)[:_MOST_CHANNELS]],
        _webhook(app, callback_url),
    ]


def _identity(bot: Any, places: Places) -> Finding:
    name = get(bot, "username")
    if get(bot, "id") == places.account and yes(bot, "bot"):
        return Finding("access", "ok", f"the token is the bot {name}'s")
    return Finding("access", "fail", f"the token is {name}'s, who is another", "Connect the account again.")


def _intent(app: Any, places: Places) -> Finding:
    flags = get(app, "flags")
    granted = isinstance(flags, int) and bool(flags & _MESSAGE_CONTENT)
    if granted or not places.followed:
        return Finding("message content", "ok", "granted" if granted else "not needed: no channel is heard whole")
    fix = "Turn on the Message Content Intent: Developer Portal, page Bot, Privileged Gateway Intents."
    return Finding("message content", "fail", "off, and channels are to be heard whole", fix)


def _starts(gateway: Any) -> Finding:
    try:
        left = int(number(gateway, "session_start_limit", "remaining"))
    except Malformed:
        return Finding("session starts", "warn", "Discord did not say how many are left")
    state = "ok" if left > 10 * starts.KEPT else "warn" if left > starts.KEPT else "fail"
    fix = "" if state == "ok" else "See in the log why the gateway's sessions end."
    return Finding("session starts", state, f"{left} left today", fix)


def _servers(app: Any) -> Finding:
    """https://docs.discord.com/developers/resources/application#application-object"""
    count = get(app, "approximate_guild_count")
    if isinstance(count, int) and count > _MANY_SERVERS:
        fix = "Remove the bot from servers that it need not be in: from 2500 on Discord lets it in no more."
        return Finding("servers", "fail" if count >= MOST_SERVERS else "warn", f"the bot is in {count}", fix)
    if yes(app, "bot_public"):
        fix = "Developer Portal: set Install Link to None on page Installation, then turn off Public Bot on page Bot."
        return Finding(
            "servers", "warn", "anybody may add the bot to a server of theirs, where it answers as well", fix
        )
    return Finding("servers", "ok", f"in {count}" if isinstance(count, int) else "only its owner adds it")


def _creators(places: Places) -> Finding:
    if places.creators:
        return Finding("creator", "ok", f"steps back where {', '.join(sorted(places.creators))} writes")
    fix = "Enter the creator's own user IDs: connect the account again."
    return Finding("creator", "warn", "nobody: the avatar answers the creator like any follower", fix)


async def _channel(client: httpx.AsyncClient, channel_id: str) -> Finding:
    name = f"channel {channel_id}"
    try:
        channel = await ask(client, f"/channels/{channel_id}")
        return Finding(name, "ok", f"#{text(channel, 'name')}")
    except (Refused, Malformed) as error:
        fix = "Invite the bot to the server and give it View Channel and Read Message History there."
        return Finding(name, "fail", str(error), fix)


def _webhook(app: Any, callback_url: str) -> Finding:
    set_to = get(app, "event_webhooks_url")
    if set_to == callback_url and callback_url:
        return Finding("webhook events", "ok", callback_url)
    if not callback_url:
        return Finding(
            "webhook events", "ok", "not reachable from outside, and not needed: messages come by the gateway"
        )
    fix = f"To hear of a withdrawn consent at once, enter {callback_url} in the Developer Portal, page Webhooks."
    return Finding("webhook events", "warn", f"they go to {set_to}" if isinstance(set_to, str) else "not set", fix)
