"""Rotating keys: a new first key, everything locked anew in portions, and old keys out when nothing needs them.

It may be killed anywhere and is gone on with by doing it again. Processes at work read the changed file by themselves.
"""

import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from engage.errors import ConfigError, EngageError
from engage.keyring import Keyring, held
from engage.ledger import audit, engines, sealed
from engage.ledger.database import Database
from engage.secrets import KEY_FILE

# Something may have been locked with the old key before the file changed, and be written a moment later.
GRACE = timedelta(minutes=5)
ALIVE = timedelta(minutes=2)  # since a worker said last that it works


class OtherMachines(EngageError):
    """Workers of other machines have key files of their own."""


@dataclass(frozen=True, slots=True)
class Use:
    """How many keys there are, and what they open: (what, place of the key from 0) → rows; None: opened by none."""

    keys: int
    rows: Mapping[tuple[str, int | None], int]

    @property
    def unopened(self) -> int:
        return sum(count for (_, place), count in self.rows.items() if place is None)

    @property
    def old(self) -> int:
        """Rows that need another key than the first."""
        return sum(count for (_, place), count in self.rows.items() if place)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done. resumed: an earlier rotation was gone on with, and no key was made."""

    resumed: bool
    locked_anew: int
    keys: int


def use_of(db: Database, home: Path) -> Use:
    """What each key is needed for. Raises ConfigError where the file is spoilt."""
    ring = Keyring.read(home)
    with db.reading() as tx:
        tokens = ((place.name, token) for place in sealed.PLACES for token in sealed.read(tx, place))
        found = Counter((name, ring.place_of(token)) for name, token in tokens)
    return Use(len(ring.keys), found)


def rotate(db: Database, home: Path, *, use_last: bool = False, alone: bool = False) -> Rotated:
    """A new first key, or the last one in its place, and everything under it.

    alone: no other machine is asked about. Raises ConfigError where something is opened by no key, OtherMachines.
    """
    with held(home):
        use = _openable(db, home)
        _check_machines(db, alone or use_last)
        ring = Keyring.read(home)
        if not use.old:
            ring = _prepared(ring) if use_last else ring.with_new_first()
        count = _lock_all_anew(db, ring)
        keys = len(ring.keys)
        with db.transaction() as tx:
            audit.record(tx, "cli", "rotate keys", None, KEY_FILE, {"locked_anew": count}, datetime.now(UTC))
    return Rotated(bool(use.old), count, keys)


def _prepared(ring: Keyring) -> Keyring:
    if not ring.has_prepared:
        raise EngageError("the last key of the file is not one that `engage keys add` made: run that first")
    return ring.with_last_first()


def add(home: Path) -> int:
    """A key that opens and does not lock yet. Returns how many there are."""
    with held(home):
        return len(Keyring.read(home).with_new_last().keys)


def retire(db: Database, home: Path, now: datetime, *, alone: bool = False) -> int:
    """Take the old keys out. Returns how many went. Raises EngageError where one is, or may be, needed."""
    with held(home):
        use = _openable(db, home)
        _check_machines(db, alone)
        ring = Keyring.read(home)
        if len(ring.keys) == 1:
            return 0
        if use.old:
            raise EngageError(f"{use.old} rows need an old key: `engage keys rotate` first")
        if (free_at := ring.changed_at + GRACE) > now:
            raise EngageError(f"somebody may still write with an old key: it can go after {free_at:%H:%M:%S} UTC")
        ring.first_only()
        with db.transaction() as tx:
            audit.record(tx, "cli", "retire keys", None, KEY_FILE, {"keys": len(ring.keys) - 1}, now)
        return len(ring.keys) - 1


def _openable(db: Database, home: Path) -> Use:
    use = use_of(db, home)
    if use.unopened:
        fix = "Restore the key file from its backup, or connect these accounts again"
        why = f"{use.unopened} of what the ledger keeps is opened by none of its {use.keys} keys"
        raise ConfigError(why, key=KEY_FILE, place=str(home / KEY_FILE), fix=fix)
    return use


def _lock_all_anew(db: Database, ring: Keyring) -> int:
    total = 0
    for place in sealed.PLACES:
        last, more = "", True
        while more:
            with db.transaction() as tx:
                last, written = sealed.lock_anew(tx, place, last, ring.relocked)
            total += written
            more = bool(last)
    return total


def _check_machines(db: Database, alone: bool) -> None:
    if alone:
        return
    with db.reading() as tx:
        hosts = {owner.split(":")[0] for owner in _alive(tx, datetime.now(UTC))} - {socket.gethostname()}
    if hosts:
        names = ", ".join(sorted(hosts))
        raise OtherMachines(
            f"workers run on {names}, each with a key file of its own: `engage keys add`, copy {KEY_FILE} to all"
            " machines, then `engage keys rotate --use-last`, and copy it once more"
        )


def _alive(tx: Connection, now: datetime) -> list[str]:
    return [report.owner for report in engines.reports(tx) if report.seen_at > now - ALIVE]
