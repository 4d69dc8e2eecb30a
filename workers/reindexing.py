"""Changing the embeddings: new indexes are made in the background, one creator after the other, while the old serve."""

import asyncio
import time
from datetime import datetime, timedelta

import structlog

from engage.errors import ConfigError
from engage.ledger import duties, encoders, indexes
from engage.ledger.indexes import BUILT_IN
from engage.memory.encoding import NotEncoded
from engage.memory.reindexing import Reindexing
from engage.memory.vectors import holder_of
from workers import services
from workers.encoders import Encoders, note_failure
from workers.runtime import Runtime, utc_now
from workers.vectors import FollowedVectors

log = structlog.get_logger()

DUTY = "reindexing"
EVERY = timedelta(seconds=5)
SPAN = 5.0  # seconds of work between two looks at what else there is to do
# An index that served is thrown away only when nobody can be asking it any more: processes look every second.
GRACE = timedelta(seconds=60)


class Changing:
    """Part of every worker's upkeep; of any number of workers one does it at a time."""

    def __init__(self, runtime: Runtime, owner: str) -> None:
        self._runtime = runtime
        self._owner = owner
        self._encoders = Encoders(runtime.settings, runtime.db)
        self._vectors = FollowedVectors(runtime.settings)
        self._lease = self._encoders.lease  # longer than any pause between two steps, too
        self._going: Reindexing | None = None

    async def step(self) -> timedelta:
        """Returns when to come again."""
        return await asyncio.to_thread(self.work)

    def work(self) -> timedelta:
        """As much as SPAN allows. Raises Unavailable where Chroma or the ledger is down."""
        try:
            if not self._is_wanted() or not services.chroma_url(self._runtime.settings) or not self._is_mine():
                self._going = None  # what another makes meanwhile is not known here
                return EVERY
            self._clear()
            return self._build()
        except ConfigError as error:
            self._going = None
            log.warning("embeddings_unusable", error=str(error))
            return self._lease / 2
        except NotEncoded as error:
            return self._until(note_failure(self._runtime.db, error))
        except BaseException:
            self._going = None
            raise

    def _is_wanted(self) -> bool:
        """Not where nobody ever named another encoder: then this costs a look."""
        with self._runtime.db.reading() as tx:
            return self._encoders.wanted != BUILT_IN or bool(indexes.in_use(tx) or encoders.specs(tx))

    def _is_mine(self) -> bool:
        with self._runtime.db.transaction() as tx:
            return duties.take(tx, DUTY, self._owner, self._lease, utc_now())

    def _until(self, again_at: datetime) -> timedelta:
        return max(min(again_at - utc_now(), self._lease / 2), timedelta(0))

    def _clear(self) -> None:
        """Give up what nobody wants any more, and throw away what nobody uses."""
        db, wanted = self._runtime.db, self._encoders.wanted
        with db.transaction() as tx:
            encoders.sweep(tx, wanted)
            indexes.give_up(tx, wanted, utc_now())
            gone = indexes.left(tx, utc_now() - GRACE)
        for creator_id, spec in gone:
            self._vectors.drop(holder_of(creator_id, spec))
            with db.transaction() as tx:
                indexes.forget(tx, creator_id, spec)

    def _build(self) -> timedelta:
        db, wanted, ends_at = self._runtime.db, self._encoders.wanted, time.monotonic() + SPAN
        self._encoders.keep_access()
        with db.reading() as tx:
            row = encoders.get(tx, wanted)
        if row is not None and row.again_at is not None and row.again_at > utc_now():
            return self._until(row.again_at)
        while time.monotonic() < ends_at and self._is_mine():
            going = self._next(wanted)
            if going is None:
                return EVERY
            if going.step():
                log.info("reindexed", creator=going.creator_id, embeddings=wanted)
                self._going = None
        return timedelta(0)

    def _next(self, wanted: str) -> Reindexing | None:
        """The creator who is being indexed, or the next one."""
        if self._going is None or self._going.spec != wanted:
            with self._runtime.db.reading() as tx:
                found = indexes.elsewhere(tx, wanted, 1)
            if not found:
                return None
            self._going = Reindexing(self._runtime.db, self._vectors, found[0], self._encoders(wanted))
        return self._going
