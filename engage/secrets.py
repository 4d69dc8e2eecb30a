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
    """Encrypts with the first key, decrypts with any: put a new key on the first line to rotate."""

    def __init__(self, keys: list[str], place: str) -> None:
        self._place = place
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise self._wrong("is not a list of Fernet keys, one a line") from None

    @classmethod
    def at(cls, home: Path) -> "Vault":
        """The vault of a home directory; its key file is made at first use, readable by its owner only."""
        file = home / KEY_FILE
        return cls(secret_file(file, lambda: Fernet.generate_key().decode()).split(), str(file))

    def lock(self, values: Mapping[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(dict(values)).encode())

    def open(self, token: bytes) -> dict[str, str]:
        """Raises ConfigError where no key fits."""
        try:
            values: dict[str, str] = json.loads(self._fernet.decrypt(token))
        except InvalidToken:
            raise self._wrong("holds no key that opens the stored credentials") from None
        return values

    def _wrong(self, message: str) -> ConfigError:
        return ConfigError(message, key=KEY_FILE, place=self._place, fix="Restore the key file from its backup")


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
