"""What the pages need, and nothing more: no model, no connector and no vault is loaded in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from engage.ledger.database import Database
from engage.settings import Settings


class Wakes(Protocol):
    """Wakes the workers of one queue; `workers.wake.Waker` is the real one."""

    def wake(self, queue: str) -> None: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class StudioContext:
    """Ledger, wake-ups, settings and the clock."""

    db: Database
    waker: Wakes
    settings: Settings
    now: Callable[[], datetime] = utc_now
