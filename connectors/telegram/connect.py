"""How a Telegram account is granted: the creator enters the token that BotFather gave them."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.fields import id_of, id_or_none, items, text, text_or_none
from connectors.telegram.api import Api, base_url
from engage.errors import Malformed, Refused, Unauthorized
from engage.grants import Field, Grant
from engage.platform import App

_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,200}")
_LINK = re.compile(r"^(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me)/", re.IGNORECASE)
_NO_TOKEN = "this is no bot token; BotFather writes it as a number, a colon and letters"  # noqa: S105 - words


class TelegramConnect:
    """One entry, no application: every creator has a bot of their own."""

    app_fields: Sequence[Field] = ()
    account_fields: Sequence[Field] = (
        Field("bot_token", "Bot token", secret=True, hint="From @BotFather: /newbot, or /mybots and API Token"),
        Field(
            "channel",
            "Channel",
            hint="@name or number of the channel whose comments are answered; its bot is in the discussion group",
            optional=True,
        ),
        Field(
            "owner",
            "Your own name in Telegram",
            hint="@name or number: whose private chats the bot may answer in; if empty, who owns the channel's group",
            optional=True,
        ),
    )

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """The bot that a token opens. Raises Refused or Retryable."""
        token = entered.get("bot_token", "").strip()
        if not _TOKEN.fullmatch(token):
            raise Refused(_NO_TOKEN)
        api = Api(base_url(app.config), token)
        try:
            me = await api.ask("getMe")
            config = await _channel(api, _named(entered.get("channel", ""))) | _owner(entered.get("owner", ""))
            credentials = {"bot_token": token, "webhook_secret": secrets.token_urlsafe(32)}
            return [Grant(id_of(me, "id"), text(me, "username"), credentials, config=config)]
        except Unauthorized:
            raise Refused("Telegram does not know this token: copy it from @BotFather again") from None
        except Malformed as error:
            raise Refused(f"Telegram described the bot or its channel in an unknown way: {error}") from None
        finally:
            await api.close()


def _named(entered: str) -> str:
    """A channel as the Bot API names it; '' where none was entered."""
    name = _LINK.sub("", entered.strip()).strip("/")
    return name if not name or name.startswith("@") or name.lstrip("-").isdecimal() else f"@{name}"


def _owner(entered: str) -> dict[str, str]:
    """The creator in person; nothing where they did not say, and then who owns the group is."""
    name = _LINK.sub("", entered.strip()).strip("/@")
    if not name:
        return {}
    return {"owner_id": name} if name.isdecimal() else {"owner_name": name}


async def _channel(api: Api, name: str) -> dict[str, Any]:
    """The channel, its discussion group, and who owns that: what they write there is the creator's."""
    if not name:
        return {}
    chat = await api.ask("getChat", {"chat_id": name})
    ids = id_of(chat, "id"), id_or_none(chat, "linked_chat_id")
    channel_id, group_id = ids if text(chat, "type") == "channel" else ids[::-1]
    if not group_id:
        raise Refused("the channel has no discussion group: link one in its settings, under Discussion")
    members = await api.ask("getChatAdministrators", {"chat_id": int(group_id)})
    owners = [one for one in items({"of": members}, "of") if text_or_none(one, "status") == "creator"]
    owner_id = id_of(owners[0], "user", "id") if owners else ""
    return {"channel_id": channel_id or "", "group_id": group_id, "owner_id": owner_id}


CONNECT = TelegramConnect()
