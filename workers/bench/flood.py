"""One creator's flood: followers write on the network, and this process calls the receiver in the network's place.

The network hands all events out through one queue: a flood in it would delay the others before Engage hears of them.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors import signatures
from workers.bench.load import ACCEPTED, Line
from workers.demo.network import Network

TICK_S = 0.1
CONNECTIONS = 16


@dataclass(slots=True)
class Flood:
    """Messages to one creator, and their signed deliveries. account: as the network gave it.

    follower: the one who writes them all; "": somebody else each time.
    """

    net: Network
    creator: str
    account: dict[str, str]
    post: str
    url: str
    questions: Sequence[str]
    follower: str = ""
    sent: int = 0
    refused: int = 0
    written: list[str] = field(default_factory=list)

    async def pour(self, per_second: float, seconds: float) -> None:
        """As many a second, whatever is done with them; a tick that comes late is made up for."""
        parts = urlsplit(self.url)
        lines = [await Line.to(parts.hostname or "", parts.port or 80) for _ in range(CONNECTIONS)]
        start = time.monotonic()
        try:
            while (passed := time.monotonic() - start) < seconds:
                owed = int(min(passed + TICK_S, seconds) * per_second) - self.sent
                if owed > 0:
                    await self._tick(lines, owed)
                await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - start - passed)))
        finally:
            for line in lines:
                line.close()

    async def _tick(self, lines: list[Line], count: int) -> None:
        asked = [self._message(self.sent + number) for number in range(count)]
        self.sent += count
        written = await self.net.write_many(asked)
        self.written += [one["id"] for one in written]
        events = [self._event(message, one) for message, one in zip(asked, written, strict=True)]
        some = -(-count // len(lines))
        parts = [events[start : start + some] for start in range(0, count, some)]
        await asyncio.gather(*(self._post(line, part) for line, part in zip(lines, parts, strict=False)))

    async def _post(self, line: Line, events: list[dict[str, Any]]) -> None:
        start = f"POST {urlsplit(self.url).path} HTTP/1.1\r\nhost: bench\r\n"
        for event in events:
            body, now = orjson.dumps(event), datetime.now(UTC)
            headers = {
                "webhook-id": event["id"],
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signatures.sign(self.account["webhook_secret"], event["id"], now, body),
            }
            self.refused += await line.post(start, headers, body) != ACCEPTED

    def _message(self, number: int) -> dict[str, Any]:
        text = f"{self.questions[number % len(self.questions)]} (number {number} asks)"
        who = {"creator": self.creator, "follower": self.follower or f"hot_{number}"}
        return {**who, "surface": "comment", "text": text, "post_id": self.post}

    def _event(self, message: dict[str, Any], written: dict[str, str]) -> dict[str, Any]:
        data = {
            "id": written["id"],
            "surface": "comment",
            "conversation_id": written["conversation_id"],
            "author": {"id": message["follower"], "name": message["follower"], "is_bot": False},
            "text": message["text"],
            "sent_at": datetime.now(UTC),
            "reply_to": None,
            "post": {"id": self.post, "text": "ask me anything"},
        }
        account = {"id": self.account["user_id"], "app_id": self.account["app_id"]}
        return {"id": f"evt_{written['id']}", "type": "comment.created", "account": account, "data": data}
