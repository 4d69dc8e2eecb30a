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
    owner_id: str = ""  # the creator in person: who owns the discussion group, or whom they named
    owner_name: str = ""  # the creator's user name, where they gave that instead
    channel_id: str = ""
    group_id: str = ""  # the discussion group

    @property
    def creator(self) -> frozenset[str]:
        """Who is the creator in a group: the person, the channel, or their group itself (an anonymous administrator).

        Anybody can add the bot to a group of their own: whoever speaks there for the group is nobody in particular.
        """
        return frozenset({self.owner_id, self.channel_id, self.group_id} - {""})

    @property
    def knows_creator(self) -> bool:
        """Whether anything says who the creator is in person."""
        return bool(self.owner_id or self.owner_name)

    def is_creator(self, user: Any) -> bool:
        """Whether a user, as Telegram describes one, is the creator: as named, else by id. Raises Malformed."""
        if self.owner_name:
            return (text_or_none(user, "username") or "").lower() == self.owner_name.lower()
        return bool(self.owner_id) and id_or_none(user, "id") == self.owner_id


def stamped(update: Mapping[str, Any], own: Own) -> bytes:
    """The update as it is kept; whatever stood under our name is overwritten."""
    return json.dumps({**update, STAMP: asdict(own)}).encode()


def own_in(payload: Any, account_user_id: str) -> Own:
    """Whose a kept update is. Raises Malformed."""
    return Own(
        id=account_user_id or id_or_none(payload, STAMP, "id") or "",
        username=text_or_none(payload, STAMP, "username") or "",
        owner_id=id_or_none(payload, STAMP, "owner_id") or "",
        owner_name=text_or_none(payload, STAMP, "owner_name") or "",
        channel_id=id_or_none(payload, STAMP, "channel_id") or "",
        group_id=id_or_none(payload, STAMP, "group_id") or "",
    )
