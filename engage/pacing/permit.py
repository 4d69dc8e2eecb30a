"""What a worker is told when it asks whether it may send. Times are those of the event loop's clock, in seconds."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from engage.pacing.buckets import Bucket


@dataclass(frozen=True, slots=True)
class Permit:
    """A place in time. What goes out before `at` or after `until` may be one too many for the platform."""

    at: float = -math.inf
    until: float = math.inf

    async def turn(self) -> bool:
        """Wait for the place. False where it is over: the machine was too slow, or stood still."""
        loop = asyncio.get_running_loop()
        if (wait := self.at - loop.time()) > 0:
            await asyncio.sleep(wait)
        return loop.time() <= self.until


FREE = Permit()  # the platform counts nothing


@dataclass(frozen=True, slots=True)
class Wait:
    """No permit now. `seconds`: until there may be one. `bucket`: the one that is empty."""

    seconds: float
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a batch, in its order. `room`: seconds until a bucket may have something again.

    common: whether that holds for all workers, or only for the one that asked.
    """

    words: list[Permit | Wait]
    room: Mapping[Bucket, float]
    common: bool
