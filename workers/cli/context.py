"""What commands open: settings, ledger, memory. Each is closed again when the command ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engage.ledger import schema
from engage.ledger.creators import find_creator
from engage.ledger.database import Database
from engage.models import Persona
from engage.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Opened:
    """Settings with an open ledger at the newest schema."""

    settings: Settings
    db: Database

    def creator(self, name: str) -> Persona:
        """Raises UnknownCreator."""
        with self.db.reading() as tx:
            return find_creator(tx, name)

    def wake(self, *queues: str) -> None:
        """Tell a running stack that there is work; where none runs there is nobody to tell."""
        from workers import services

        if not self.settings.redis_url and services.running(self.settings) is None:
            return
        from workers.app import app
        from workers.wake import Waker

        waker = Waker(app)
        for queue in queues:
            waker.wake(queue)
        waker.close()


@contextmanager
def opened() -> Iterator[Opened]:
    """The ledger of ENGAGE_HOME."""
    settings = load()
    db = Database(settings.ledger_url)
    try:
        schema.upgrade(db)
        yield Opened(settings, db)
    finally:
        db.close()
