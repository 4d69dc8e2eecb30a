"""The file of keys, line by line: which key opens what, a new first one, and old ones taken out.

It is replaced in one step, so that nobody reads half of it, and one process at a time changes it.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engage.secrets import KEY_FILE, Vault, secret_file


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys in their order: the first one locks. Never shown, never logged."""

    file: Path
    keys: Sequence[str]

    @classmethod
    def read(cls, home: Path) -> "Keyring":
        """Raises ConfigError where the file is spoilt."""
        Vault.at(home)
        file = home / KEY_FILE
        return cls(file, tuple(secret_file(file).split()))

    def __repr__(self) -> str:
        return f"Keyring({len(self.keys)} keys)"

    @property
    def changed_at(self) -> datetime:
        return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)

    def place_of(self, token: bytes) -> int | None:
        """Which key opens it, from 0; None: none does."""
        for place, key in enumerate(self.keys):
            try:
                Fernet(key).decrypt(token)
            except InvalidToken:
                continue
            return place
        return None

    def relocked(self, token: bytes) -> bytes | None:
        """The same under the first key; None where it is under it already, or under none."""
        if self.place_of(token) in (None, 0):
            return None
        return MultiFernet([Fernet(key) for key in self.keys]).rotate(token)

    def with_new_first(self) -> "Keyring":
        return self._written((Fernet.generate_key().decode(), *self.keys))

    def with_new_last(self) -> "Keyring":
        """A key that opens and does not lock yet: it can be copied to other machines before anything needs it."""
        key = Fernet.generate_key().decode()
        self._prepared.write_text(_mark(key))
        return self._written((*self.keys, key))

    @property
    def has_prepared(self) -> bool:
        """Whether the last key is one that `with_new_last` made: an old one must not lock again."""
        known = self._prepared.read_text() if self._prepared.is_file() else ""
        return known == _mark(self.keys[-1])

    @property
    def _prepared(self) -> Path:
        return self.file.with_name(f"{self.file.name}.next")

    def with_last_first(self) -> "Keyring":
        ring = self._written((self.keys[-1], *self.keys[:-1]))
        self._prepared.unlink(missing_ok=True)
        return ring

    def first_only(self) -> "Keyring":
        return self._written(self.keys[:1])

    def _written(self, keys: Sequence[str]) -> "Keyring":
        handle, aside = tempfile.mkstemp(dir=self.file.parent)  # mode 0600
        with os.fdopen(handle, "w") as out:
            out.write("".join(f"{key}\n" for key in keys))
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, self.file)
        return Keyring(self.file, tuple(keys))


def _mark(key: str) -> str:
    return sha256(key.encode()).hexdigest()


@contextmanager
def held(home: Path) -> Iterator[None]:
    """One process at a time changes keys; a killed one holds nothing."""
    with (home / f"{KEY_FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
