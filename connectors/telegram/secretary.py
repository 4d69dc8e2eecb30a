"""Secretary Mode: the bot writes in the creator's own private chats, as the creator and as far as they let it."""

from datetime import datetime
from typing import Any

from connectors.fields import get, yes
from connectors.telegram.api import Api
from connectors.telegram.limits import MAX_LENGTH, WINDOW
from connectors.telegram.own import Own
from connectors.telegram.places import Place
from engage.errors import Malformed, Refused
from engage.models import Capabilities, LengthUnit


def _is_the_creators(connection: Any, own: Own) -> bool:
    try:
        return own.is_creator(get(connection, "user"))
    except Malformed:
        return False


def may_not(reason: str) -> Capabilities:
    """No reply, and why."""
    return Capabilities(False, reason, max_length=MAX_LENGTH, unit=LengthUnit.UTF16)


async def as_creator(api: Api, own: Own, place: Place, heard_at: datetime) -> Capabilities:
    """May the bot reply in this chat, and until when. Telegram is asked: the creator can change it at any time.

    Anybody can put a bot in this mode on private chats of their own: only the creator's are answered. Nothing marks
    such a reply as a bot's to whoever gets it.
    """
    try:
        said = await api.ask("getBusinessConnection", {"business_connection_id": place.rest})
    except Refused as error:
        return may_not(str(error))
    if not _is_the_creators(said, own):
        return may_not("these are not known to be the private chats of the creator")
    if not yes(said, "is_enabled"):
        return may_not("the creator has taken the bot off their private chats")
    if not yes(said, "rights", "can_reply"):
        return may_not("the creator does not let the bot reply in their private chats")
    if str(get(said, "user", "id")) == place.chat:
        return may_not("it is the creator's chat with themselves")
    ends_at = heard_at + WINDOW
    return Capabilities(True, max_length=MAX_LENGTH, unit=LengthUnit.UTF16, window_ends_at=ends_at)
