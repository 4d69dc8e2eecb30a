"""Ending what was kept long enough: walks through the ledger, a portion at each sweep, by whoever sweeps."""

from datetime import datetime, timedelta

import connectors
from engage.errors import ConfigError
from engage.ledger import duties, retention
from engage.ledger.creators import used_platforms
from engage.ledger.database import Database
from engage.ledger.retention import Keeping, Step, Walk
from engage.models import Surface
from engage.settings import Settings

REST = timedelta(minutes=10)  # between the end of one walk and the next
ANEW = timedelta(days=1)  # what could not go when it was passed is looked at again


class Retaining:
    """Where the walks are. A worker that takes over begins anew, and passes what is done already."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._after: dict[tuple[str, timedelta], str] = {}
        self._began_at: datetime | None = None
        self._rests_until: datetime | None = None

    async def step(self, now: datetime) -> int:
        """One portion of everything. Returns how many rows were looked at in the longest walk."""
        if self._rests_until is not None and now < self._rests_until:
            return 0
        if self._began_at is None or now - self._began_at >= ANEW:
            self._after, self._began_at = {}, now
        keeping = keeping_of(self._settings, await self._db.read(used_platforms, connectors.platforms()))
        most = 0
        for span in keeping.spans():
            for step in retention.STEPS:
                most = max(most, await self._walk(step, keeping, span, now))
        if most < duties.SWEPT:
            self._rests_until = now + REST
        return most

    async def _walk(self, step: Step, keeping: Keeping, span: timedelta, now: datetime) -> int:
        place = (step.__name__, span)
        rows = await self._db.run(step, Walk(keeping, span, self._after.get(place, ""), now))
        if rows:
            self._after[place] = rows[-1].id
        return len(rows)


def keeping_of(settings: Settings, platforms: list[str]) -> Keeping:
    """What the settings want, and these platforms demand."""
    surfaces = {surface: settings.retention(surface) for surface in Surface}
    demanded = {name: timedelta(days=days) for name in platforms if (days := data_days(name)) is not None}
    return Keeping(surfaces, demanded)


def data_days(platform: str) -> int | None:
    """How many days a platform lets its data be kept without being fetched again; None: as long as we like."""
    try:
        days: int | None = getattr(connectors.connector_class(platform), "data_days", None)
    except ConfigError:
        return None  # its connector is gone; what is kept of it goes by the settings
    return days
