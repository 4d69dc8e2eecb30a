"""The encoders of a process, by spec: reached as the settings say, or as they said when an index was begun."""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from engage.errors import ConfigError
from engage.ledger import duties, encoders
from engage.ledger.database import Database
from engage.ledger.ids import new_id
from engage.ledger.indexes import BUILT_IN
from engage.secrets import Vault
from engage.settings import Settings

if TYPE_CHECKING:
    from engage.memory.encoding import Encoder, NotEncoded

log = structlog.get_logger()

INDEXING = "indexing"  # the duty
Access = dict[str, str]  # base_url and api_key


class Encoders:
    """Each is made once, and again when it is reached another way. Thread-safe."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._made: dict[str, tuple[Access, Encoder]] = {}
        self._lock = Lock()
        self._owner = new_id()
        # Of one process's turn: longer than a portion of passages takes with all its tries.
        self.lease = timedelta(seconds=60 + 16 * settings.embeddings_timeout)

    def __call__(self, spec: str) -> "Encoder":
        """The encoder of a spec. Raises ConfigError where it cannot be made, Unavailable where the ledger is down."""
        if spec == BUILT_IN:
            from engage.memory.encoder import shared_encoder

            return shared_encoder()
        from engage.memory.provided import ProvidedEncoder

        with self._lock:
            known = self._made.get(spec)
            access = known[0] if known and known[0] == self._named(spec) else self._access(spec)
            if known is None or known[0] != access:
                with self._db.reading() as tx:
                    row = encoders.get(tx, spec)
                width = row.width if row else None
                made = ProvidedEncoder(spec, **access, timeout=self._settings.embeddings_timeout, width=width)
                known = self._made[spec] = (access, made)
            return known[1]

    @cached_property
    def _vault(self) -> Vault:
        return Vault.at(self._settings.directory)

    @property
    def wanted(self) -> str:
        """The spec that the settings name. Raises ConfigError."""
        from engage.memory.specs import canonical

        return canonical(self._settings.embeddings, self._settings.embeddings_base_url)

    def keep_access(self) -> None:
        """Write down how the wanted one is reached: its index serves on when the settings name another."""
        spec = self.wanted
        if spec == BUILT_IN or self._kept(spec) == self._named(spec):
            return
        with self._db.transaction() as tx:
            encoders.keep(tx, spec, self._vault.lock(self._named(spec) or {}))

    def take_turn(self) -> bool:
        """Whether this process is the one that gets passages their vectors from a provider: none is paid for twice."""
        with self._db.transaction() as tx:
            return duties.take(tx, INDEXING, self._owner, self.lease, datetime.now(UTC))

    def end_turn(self) -> None:
        """The next one need not wait."""
        with self._db.transaction() as tx:
            duties.give_back(tx, INDEXING, self._owner, datetime.now(UTC))

    def _access(self, spec: str) -> Access:
        access = self._named(spec) or self._kept(spec)
        if access is None:
            fix = "Set embeddings to it again, or wait until another index takes its place"
            raise ConfigError(f"how to reach {spec} is not known", key="embeddings", place="ledger", fix=fix)
        return access

    def _named(self, spec: str) -> Access | None:
        """From the settings, where they name this one."""
        try:
            if spec != self.wanted:
                return None
        except ConfigError:
            return None
        key = self._settings.embeddings_api_key.get_secret_value()
        return {"base_url": self._settings.embeddings_base_url, "api_key": key}

    def _kept(self, spec: str) -> Access | None:
        with self._db.reading() as tx:
            row = encoders.get(tx, spec)
        return self._vault.open(row.access) if row else None


def note_failure(db: Database, error: "NotEncoded") -> datetime:
    """Nobody asks this encoder for passages' vectors before the time that is returned."""
    now = datetime.now(UTC)
    with db.transaction() as tx:
        again_at = encoders.note_failure(tx, error.spec, str(error), error.retry_after, now)
    log.warning("not_encoded", embeddings=error.spec, error=str(error), again_at=again_at)
    return again_at
