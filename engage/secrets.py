"""Account credentials at rest: encrypted with keys that can be rotated."""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

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
        if not file.exists():
            _make_key_file(file)
        return cls(file.read_text(encoding="ascii", errors="replace").split(), str(file))

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


def _make_key_file(file: Path) -> None:
    # Written aside and linked into place: processes that start together all read the one key that won.
    handle, aside = tempfile.mkstemp(dir=file.parent)  # mode 0600
    with os.fdopen(handle, "w") as out:
        out.write(Fernet.generate_key().decode() + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(aside, file)
    os.unlink(aside)
