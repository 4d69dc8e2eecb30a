"""What the pages need: no model is loaded before questions are compared, and no connector before one connects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from engage.ledger.database import Database
from engage.secrets import Vault
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

    @property
    def vault(self) -> Vault:
        """Of this home directory."""
        return Vault.at(self.settings.directory)
