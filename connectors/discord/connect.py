"""How a bot is connected: its token is entered, and Discord is asked whose it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from connectors.discord.calls import ask, calls
from connectors.discord.places import ids_in
from connectors.fields import get, id_of, text, yes
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Field, Grant
from engage.platform import App

_LISTS = ("channels", "live_channels", "creator_user_ids")


class DiscordConnect:
    """An Entry: there is no consent page for bots that grants us one."""

    app_fields: Sequence[Field] = (
        Field(
            "application_id",
            "Application ID",
            hint="Developer Portal, page General Information. Empty where each creator brings a bot of their own.",
            optional=True,
        ),
        Field(
            "public_key",
            "Public key",
            hint="Same page; needed for webhooks only. Two with a space between them while it is changed.",
            optional=True,
        ),
        Field("creator_user_ids", "User IDs whose removal of the app stops it", hint="For webhooks.", optional=True),
    )
    account_fields: Sequence[Field] = (
        Field("bot_token", "Bot token", secret=True, hint="Developer Portal, page Bot, Reset Token."),
        Field("channels", "Channels to hear whole", hint="Their IDs. Elsewhere it is mentions only.", optional=True),
        Field("live_channels", "Channels that are a live chat", hint="Their IDs.", optional=True),
        Field("creator_user_ids", "Your own user IDs", hint="Where you write, the avatar steps back.", optional=True),
    )

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """The bot that the token opens. Raises Refused or Retryable."""
        lists = {key: sorted(ids_in(entered, key, "what was entered")) for key in _LISTS}
        token = entered.get("bot_token", "").strip().removeprefix("Bot ").strip()
        if not token or not token.isascii() or any(letter.isspace() for letter in token):
            raise Refused("this is no bot token: copy it from the Developer Portal, page Bot")
        client = calls({}, app.config, token)
        try:
            bot, application = await _whose(client)
        finally:
            await client.aclose()
        return [_granted(app, bot, application, token, lists)]


async def _whose(client: httpx.AsyncClient) -> tuple[Any, Any]:
    try:
        return await ask(client, "/users/@me"), await ask(client, "/applications/@me")
    except Unauthorized:
        raise Refused("Discord does not accept this token: reset it in the Developer Portal, page Bot") from None


def _granted(app: App, bot: Any, application: Any, token: str, lists: Mapping[str, list[str]]) -> Grant:
    try:
        user_id, name, application_id = id_of(bot, "id"), text(bot, "username"), id_of(application, "id")
    except Malformed:
        raise Unavailable("Discord did not say whose token this is") from None
    if not yes(bot, "bot"):
        raise Refused("this token is a person's: Discord allows automation for bots only")
    expected = str(app.config.get("application_id") or "").split()
    if expected and application_id not in expected:
        raise Refused(f"this bot belongs to the application {application_id}, not to {' or '.join(expected)}")
    handle = str(get(bot, "global_name") or name)
    return Grant(user_id, handle, {"bot_token": token}, None, {key: ids for key, ids in lists.items() if ids})


CONNECT = DiscordConnect()
