"""Whose words are ours: what a payload does not say goes with it under a name of our own. Pure.

An update names neither the bot that it is for nor the person whose bot it is. The connector knows both and stamps them
on, so that `parse` needs nothing but the payload.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connectors.fields import id_or_none, text_or_none

STAMP = "engage.account"


@dataclass(frozen=True, slots=True)
class Own:
    """The bot and its creator; '' what is not known. Ids are Telegram's."""

    id: str = ""
    username: str = ""
    owner_id: str = ""  # the person who owns the discussion group
    channel_id: str = ""

    def speaks_as(self, group: str) -> frozenset[str]:
        """Who is the creator in a group: the person, the channel, or the group itself (an anonymous administrator)."""
        return frozenset({self.owner_id, self.channel_id, group} - {""})


def stamped(update: Mapping[str, Any], own: Own) -> bytes:
    """The update as it is kept; whatever stood under our name is overwritten."""
    return json.dumps({**update, STAMP: asdict(own)}).encode()


def own_in(payload: Any, account_user_id: str) -> Own:
    """Whose a kept update is. Raises Malformed."""
    return Own(
        id=account_user_id or id_or_none(payload, STAMP, "id") or "",
        username=text_or_none(payload, STAMP, "username") or "",
        owner_id=id_or_none(payload, STAMP, "owner_id") or "",
        channel_id=id_or_none(payload, STAMP, "channel_id") or "",
    )
