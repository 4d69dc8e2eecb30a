"""What an account's settings say of messages: which channels it follows, and who its creator is. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.discord.parse import parse
from connectors.discord.snowflakes import is_snowflake
from connectors.fields import get
from engage.errors import ConfigError, Malformed
from engage.models import EventKind
from engage.platform import AccountLink, RawEvent

_BETWEEN = re.compile(r"[\s,]+")


def ids_in(config: Mapping[str, Any], key: str, place: str) -> frozenset[str]:
    """The ids under a key, as a list or as text with spaces or commas between them. Raises ConfigError."""
    value = config.get(key) or ()
    given = _BETWEEN.split(value.strip()) if isinstance(value, str) else value
    ids = [str(each) for each in given] if isinstance(given, list | tuple) else [""]
    if not all(is_snowflake(each) for each in ids):
        fix = "Copy ids in Discord: User Settings, Advanced, Developer Mode; then a right click, Copy ID."
        raise ConfigError(f"{value!r} are no Discord ids", key=key, place=place, fix=fix)
    return frozenset(ids)


@dataclass(frozen=True, slots=True)
class Places:
    """Where and whom an account listens to. `followed`: channels that are heard whole, live ones too."""

    account: str
    followed: frozenset[str]
    live: frozenset[str]
    creators: frozenset[str]

    @classmethod
    def of(cls, account: AccountLink) -> "Places":
        """Those of an account. Raises ConfigError."""
        place = f"discord account {account.handle or account.id}"
        channels, live, creators = (
            ids_in(account.config, key, place) for key in ("channels", "live_channels", "creator_user_ids")
        )
        return cls(account.platform_user_id, channels | live, live, creators)

    def stamped(self, kind: str, d: Mapping[str, Any], parent_id: str = "") -> dict[str, Any]:
        """A dispatch with what `parse` must know. parent_id: of the channel that a thread stands under."""
        at = {str(d.get("channel_id")), parent_id}
        place = "live" if at & self.live else "channel" if at & self.followed else ""
        by_creator = str(get(d, "author", "id")) in self.creators
        return {"t": kind, "d": d, "engage": {"account": self.account, "place": place, "by_creator": by_creator}}

    def kept(self, payload: Mapping[str, Any]) -> RawEvent | None:
        """What is worth keeping of a stamped dispatch.

        What people of a server write to each other is none of our business: it is dropped here, unseen. Of an edit
        that no longer speaks to the bot only the ids are kept.
        """
        try:
            kinds = {event.kind for event in parse(payload, self.account)}
        except Malformed:
            return _raw(payload)  # intake names what is wrong
        if kinds == {EventKind.IGNORED}:
            return None
        if kinds == {EventKind.DELETED} and payload["t"] == "MESSAGE_UPDATE":
            ids = {key: value for key, value in payload["d"].items() if key in ("id", "channel_id", "guild_id")}
            return _raw({**payload, "t": "MESSAGE_DELETE", "d": ids})
        return _raw(payload)


def _raw(payload: Mapping[str, Any]) -> RawEvent:
    """A message has the same key whether the gateway told of it or it was read again."""
    body = json.dumps(payload).encode()
    message_id = payload["d"].get("id")
    if payload["t"] == "MESSAGE_CREATE" and isinstance(message_id, str):
        return RawEvent(f"message {message_id}", body)
    told = json.dumps(payload["d"], sort_keys=True).encode()
    return RawEvent(f"{payload['t']} {hashlib.sha256(told).hexdigest()[:32]}", body)
