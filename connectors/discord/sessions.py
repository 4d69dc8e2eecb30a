"""A session of the gateway, which outlives connections and processes: it is what the cursor holds. Pure.

https://docs.discord.com/developers/events/gateway#resuming
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connectors.fields import get, number, text

Frame = Mapping[str, Any]
REMEMBERED = 50  # channels


@dataclass(frozen=True, slots=True)
class Session:
    """What another process needs to go on. heard_in: the channels of late, each with its server ('' for none)."""

    id: str = ""
    url: str = field(default="", repr=False)
    seq: int = 0
    heard_at: datetime | None = None
    heard_in: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str) -> "Session":
        """The one that a cursor names; an empty one where it is unreadable."""
        try:
            saved = json.loads(cursor)
            heard_in = {str(channel): str(server) for channel, server in saved["heard_in"].items()}
            heard_at = datetime.fromisoformat(saved["heard_at"])
            return cls(str(saved["id"]), str(saved["url"]), int(saved["seq"]), heard_at, heard_in)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    @classmethod
    def begun(cls, ready: Frame, now: datetime, heard_in: Mapping[str, str]) -> "Session":
        """From the event READY. Raises Malformed."""
        url = text(ready, "d", "resume_gateway_url")
        return cls(text(ready, "d", "session_id"), url, int(number(ready, "s")), now, heard_in)

    def after(self, frame: Frame, now: datetime) -> "Session":
        """Once a frame is dealt with."""
        seq = get(frame, "s")
        return replace(self, seq=seq if isinstance(seq, int) else self.seq, heard_at=now)

    def hearing(self, channel_id: str, server_id: str) -> "Session":
        """Once something was said to the bot in a channel."""
        others = {channel: server for channel, server in self.heard_in.items() if channel != channel_id}
        latest = [*others.items(), (channel_id, server_id)][-REMEMBERED:]
        return replace(self, heard_in=dict(latest))

    @property
    def cursor(self) -> str:
        heard_at = self.heard_at.isoformat() if self.heard_at else ""
        saved = {"id": self.id, "url": self.url, "seq": self.seq, "heard_at": heard_at}
        return json.dumps({**saved, "heard_in": dict(self.heard_in)})
