"""Account credentials at rest: encrypted with keys that can be rotated."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_urlsafe

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engage.errors import ConfigError

KEY_FILE = "secret.keys"


class Vault:
    """Encrypts with the first key, decrypts with any.

    With a `file`, its keys are read again when it changes: who rotates them need not start anything again. A file that
    is gone or spoilt changes nothing for whoever has read it before.
    """

    def __init__(self, keys: list[str], place: str, file: Path | None = None) -> None:
        self._place = place
        self._file = file
        self._stamp = _stamp(file)
        self._fernet = self._of(keys)

    @classmethod
    def at(cls, home: Path) -> "Vault":
        """The vault of a home directory; its key file is made at first use, readable by its owner only."""
        file = home / KEY_FILE
        return cls(secret_file(file, lambda: Fernet.generate_key().decode()).split(), str(file), file)

    def lock(self, values: Mapping[str, str]) -> bytes:
        return self._current().encrypt(json.dumps(dict(values)).encode())

    def open(self, token: bytes) -> dict[str, str]:
        """Raises ConfigError where no key fits."""
        try:
            values: dict[str, str] = json.loads(self._current().decrypt(token))
        except InvalidToken:
            raise self._wrong("holds no key that opens the stored credentials") from None
        return values

    def _current(self) -> MultiFernet:
        stamp = _stamp(self._file)
        if self._file is not None and stamp not in (None, self._stamp):
            with contextlib.suppress(OSError, ConfigError):
                self._fernet = self._of(self._file.read_text(encoding="ascii", errors="replace").split())
                self._stamp = stamp
        return self._fernet

    def _of(self, keys: list[str]) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise self._wrong("is not a list of Fernet keys, one a line") from None

    def _wrong(self, message: str) -> ConfigError:
        fix = "Restore the key file from its backup, or copy it from the machine where the keys were rotated"
        return ConfigError(message, key=KEY_FILE, place=self._place, fix=fix)


def _stamp(file: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file is replaced or written to; None where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found is not None else None


def new_secret() -> str:
    """384 bits, as text."""
    return token_urlsafe(48)


def secret_file(file: Path, make: Callable[[], str] = new_secret) -> str:
    """What a file of secrets holds: made at first use, readable by its owner only."""
    if not file.exists():
        # Written aside and linked into place: processes that start together all read the one that won.
        handle, aside = tempfile.mkstemp(dir=file.parent)  # mode 0600
        with os.fdopen(handle, "w") as out:
            out.write(make() + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(aside, file)
        os.unlink(aside)
    return file.read_text(encoding="ascii", errors="replace").strip()
