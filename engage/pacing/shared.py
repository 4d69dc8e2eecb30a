"""The buckets that all workers share, in Redis: one round trip for a batch."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from engage.pacing.buckets import HORIZON, LEAD, Bucket
from engage.pacing.permit import Permit, Said, Wait

PREFIX = "{engage:pacing}:"  # in braces: a cluster keeps them on one node, where the script needs them
MOST_OWED = 64
ANSWER_SECONDS = 0.5  # a Redis that takes longer is as good as none
LOST = (RedisError, OSError, TimeoutError)  # what `take` raises where it cannot say

_SCRIPT = Path(__file__).with_name("take.lua").read_text(encoding="utf-8")
Wants = Sequence[Sequence[Bucket]]


class SharedBuckets:
    """Raises one of LOST where Redis cannot be asked."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a script that was perhaps run is not run again
        )
        self._take = self._redis.register_script(_SCRIPT)

    async def take(self, wants: Wants, owed: Mapping[str, int]) -> Said:
        """A word for each of `wants`, the buckets that one send needs. owed: places that buckets are behind."""
        buckets = list(dict.fromkeys(bucket for needed in wants for bucket in needed))
        number = {bucket: place for place, bucket in enumerate(buckets, start=1)}
        asked = {
            "horizon": _micro(HORIZON),
            "lead": _micro(LEAD),
            "most_owed": MOST_OWED,
            "buckets": [[_micro(b.interval), b.limit.burst, min(owed.get(b.key, 0), MOST_OWED)] for b in buckets],
            "sends": [[number[bucket] for bucket in needed] for needed in wants],
        }
        keys = [f"{PREFIX}since", *(PREFIX + bucket.key for bucket in buckets)]
        loop = asyncio.get_running_loop()
        before = loop.time()
        said: list[int] = await self._take(keys=keys, args=[json.dumps(asked)])
        return _read(said, wants, buckets, before, loop.time())

    async def aclose(self) -> None:
        await self._redis.aclose()


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)


def _read(said: Sequence[Any], wants: Wants, buckets: Sequence[Bucket], before: float, after: float) -> Said:
    """The script ran at some moment from `before` to `after`: its places lie inside the permits for each of them."""
    room = dict(zip(buckets, (wait / 1e6 for wait in said[2 * len(wants) :]), strict=True))
    words: list[Permit | Wait] = []
    for number, needed in enumerate(wants):
        place, empty = said[2 * number : 2 * number + 2]
        if empty:
            bucket = buckets[empty - 1]
            words.append(Wait(max(0.0, room[bucket] - HORIZON), bucket))
        else:
            seconds = place / 1e6
            words.append(Permit(after + seconds, before + seconds + min(bucket.grace for bucket in needed)))
    return Said(words, room, common=True)
