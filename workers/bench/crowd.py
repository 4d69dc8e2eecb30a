"""Followers in numbers: they write on the sandbox network, and what came back is counted there and in the ledger."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from workers.bench.stage import BenchFailed
from workers.demo import account, stage
from workers.demo.account import OPEN
from workers.demo.network import Network

STILL_S = 60.0  # without a reply: none will come
TICK_S = 0.1  # followers write in small batches: one request for each message would cost more than the message
SURFACES = ("comment", "comment", "comment", "dm")


@dataclass(slots=True)
class Crowd:
    """Everybody writes once, to one of the creators in turn, with words of their own."""

    on: stage.Stage
    net: Network
    posts: dict[str, str]  # creator → the post that comments stand under
    questions: Sequence[str]
    chance: random.Random
    surfaces: Sequence[str] = SURFACES
    _numbers: "count[int]" = field(default_factory=count)

    def message(self, rooms: int = 0) -> dict[str, Any]:
        """The next follower's question. No text comes twice: nothing can answer from a cache.

        rooms: written into the live chat of one of so many creators.
        """
        number = next(self._numbers)
        creator = list(self.posts)[number % (rooms or len(self.posts))]
        surface = "live" if rooms else self.surfaces[number % len(self.surfaces)]
        text = f"{self.chance.choice(self.questions)} (follower {number} asks)"
        where = {"post_id": self.posts[creator]} if surface == "comment" else {}
        return {"creator": creator, "surface": surface, "follower": f"f_{number}", "text": text, **where}

    async def write(self, how_many: int, rooms: int = 0) -> list[str]:
        """So many at once. Returns the messages' ids."""
        written = await self.net.write_many([self.message(rooms) for _ in range(how_many)])
        return [one["id"] for one in written]

    async def write_at(self, per_second: float, seconds: float) -> list[str]:
        """A steady stream, whatever the answers do."""
        ids: list[str] = []
        start = time.monotonic()
        while (passed := time.monotonic() - start) < seconds:
            owed = int(min(passed + TICK_S, seconds) * per_second) - len(ids)
            if owed > 0:
                ids += await self.write(owed)
            await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - start - passed)))
        return ids

    async def write_within(self, how_many: int, window: int) -> list[str]:
        """As fast as replies come: never more than `window` messages that are not answered yet.

        Raises BenchFailed where no reply comes any more: what is turned away would be waited for without end.
        """
        ids: list[str] = []
        before = answered = (await self.net.stats())["answered"]
        moved = time.monotonic()
        while len(ids) < how_many:
            seen = (await self.net.stats())["answered"]
            if seen > answered:
                answered, moved = seen, time.monotonic()
            waiting = len(ids) - (answered - before)
            if waiting and time.monotonic() - moved > STILL_S:
                raise BenchFailed(f"{waiting} of {len(ids)} messages got no reply: their cards in the ledger say why")
            free = min(window - waiting, how_many - len(ids))
            if free > 0:
                ids += await self.write(free)
            await asyncio.sleep(TICK_S)
        return ids


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of some messages. waits_s: from a follower's message to its visible reply, in order of size."""

    messages: int
    replies: int
    lost: int
    duplicates: int
    waits_s: list[float]
    seconds: float  # from the first message to the last reply

    @property
    def per_second(self) -> float:
        return round(self.replies / self.seconds, 1) if self.seconds else 0.0

    def quantile_ms(self, share: float) -> float:
        if not self.waits_s:
            return 0.0
        return round(self.waits_s[min(len(self.waits_s) - 1, int(share * len(self.waits_s)))] * 1000, 1)


def outcome(written: Sequence[str], shown: Sequence[dict[str, Any]], known: dict[str, account.Fate]) -> Outcome:
    """lost: no end in the ledger, or "sent" and nobody sees it. Pure."""
    mine = set(written)
    rows = [row for row in shown if row["id"] in mine]
    visible = {row["id"]: [one for one in row["replies"] if not one["deleted"]] for row in rows}
    asked = {row["id"]: datetime.fromisoformat(row["sent_at"]) for row in rows}
    answered = {key: datetime.fromisoformat(found[0]["sent_at"]) for key, found in visible.items() if found}
    last = max(answered.values(), default=None)
    return Outcome(
        messages=len(written),
        replies=len(answered),
        lost=sum(_is_lost(known.get(key), seen=bool(visible.get(key))) for key in written),
        duplicates=sum(max(0, len(found) - 1) for found in visible.values()),
        waits_s=sorted((at - asked[key]).total_seconds() for key, at in answered.items()),
        seconds=(last - min(asked.values())).total_seconds() if last else 0.0,
    )


def _is_lost(fate: account.Fate | None, *, seen: bool) -> bool:
    if fate is None or fate.outcome in OPEN | {"open"}:
        return True
    return fate.reply_state == "sent" and not seen
