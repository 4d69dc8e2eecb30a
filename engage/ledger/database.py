"""One way to the database, for SQLite and PostgreSQL alike.

Ledger functions are plain functions over a SQLAlchemy connection; callers choose the transaction. Asyncio code
hands them to `run`, which keeps the event loop free.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from engage.errors import ConfigError, Unavailable
from engage.ledger.json_text import dumps

P = ParamSpec("P")
T = TypeVar("T")

SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# Of statements that are the same every time, the plan is too: to make one takes a claim longer than to follow it.
KEEP_PLANS = ("SET plan_cache_mode = force_generic_plan", "SET jit = off")
UNUSED_SECONDS = 0.2  # a connection unused for longer is asked whether it is still there, which takes a round trip
BUSY_SECONDS = 30  # how long a SQLite writer waits for another process's transaction


class Database:
    """A ledger database. Thread-safe; one per process."""

    def __init__(self, url: str, *, threads: int = 4) -> None:
        self.url = _read_url(url)
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url, threads)
        self._reader = self.engine.execution_options(engage_read=True, **({} if self.is_sqlite else SNAPSHOT))
        # SQLite has one writer at a time anyway: a second thread would only wait inside the driver.
        self._executor = ThreadPoolExecutor(1 if self.is_sqlite else threads, thread_name_prefix="ledger")

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self, *, creator: str | None = None) -> Iterator[Connection]:
        """A write transaction: all of it is committed, or nothing. Raises Unavailable where the database is down.

        creator: id of the only one whose rows it can see and write (`only`); None: the system's, over all of them.
        """
        with _outage_as_unavailable(), self.engine.begin() as tx:
            if creator is not None:
                only(tx, creator)
            yield tx

    @contextmanager
    def reading(self, *, creator: str | None = None) -> Iterator[Connection]:
        """One consistent view, however many statements look at it; it takes no write lock and refuses to write.

        creator: as of `transaction`. It ends with a commit: psycopg forgets what it has prepared on a connection when a
        transaction is rolled back, and a claim takes three times as long to plan as to run.
        """
        with _outage_as_unavailable(), self._reader.connect() as tx, tx.begin():
            if creator is not None:
                only(tx, creator)
            yield tx

    async def run(self, do: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`do(tx, ...)` in a write transaction on a ledger thread."""

        def work() -> T:
            with self.transaction() as tx:
                return do(tx, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def read(self, do: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`do(tx, ...)` over a read-only view on a ledger thread."""

        def work() -> T:
            with self.reading() as tx:
                return do(tx, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        self._executor.shutdown(wait=True)
        self.engine.dispose()


def only(tx: Connection, creator_id: str) -> None:
    """From here on the transaction sees and writes this creator's rows alone.

    PostgreSQL sees to it: the transaction takes a role that is held to policies, in the one statement that names the
    creator. The tables' owner, as which everything else runs, is held to none. SQLite has nothing of the kind.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_ONLY, {"creator_id": creator_id})


# The role is made by migration 0013; without it there is no such wall, as doctor says.
IS_TENANT = "rolname = current_database() || '_tenant' AND pg_has_role(current_user, oid, 'MEMBER')"
_ROLE = f"SELECT set_config('role', rolname, true) FROM pg_roles WHERE {IS_TENANT}"  # noqa: S608
_ONLY = text(f"SELECT set_config('engage.creator', :creator_id, true), ({_ROLE})")


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _bad_url(str(error)) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise _bad_url(f"{backend} is not supported")
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


def _bad_url(message: str) -> ConfigError:
    fix = "Use sqlite:////absolute/path.db or postgresql://user:password@host/database"
    return ConfigError(message, key="database_url", place="settings", fix=fix)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        json_serializer=dumps,
        hide_parameters=True,  # an error must not quote what people wrote
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        connection.isolation_level = None  # this module begins transactions, not the driver
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")  # a 2xx means committed, also when the power fails
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a later upgrade of a read lock cannot wait and fails as "locked".
        reads = connection.get_execution_options().get("engage_read")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: Any) -> None:
    """Two processes that turn a new file to WAL at once get "locked" without SQLite's own waiting: try again."""
    locked = retry_if_exception_type(sqlite3.OperationalError)
    wait = wait_random(0.01, 0.05)
    for attempt in Retrying(retry=locked, wait=wait, stop=stop_after_delay(BUSY_SECONDS), reraise=True):
        with attempt:
            connection.execute("PRAGMA journal_mode=WAL")


def _postgresql(url: URL, threads: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=threads,
        pool_use_lifo=True,  # the one used last has everything prepared
        max_overflow=2,
        json_serializer=dumps,
        hide_parameters=True,
        connect_args={"connect_timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: ConnectionPoolEntry) -> None:
        for setting in KEEP_PLANS:
            connection.execute(setting)
        connection.commit()
        _note_use(connection, record)

    @event.listens_for(engine, "checkin")
    def _note_use(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _check(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        if time.monotonic() - record.info["used_at"] > UNUSED_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError(str(error)) from error  # the pool opens another

    return engine


@contextmanager
def _outage_as_unavailable() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_outage(error):
            raise Unavailable(f"the ledger database cannot be used: {error.orig}") from error
        raise


def is_outage(error: Exception) -> bool:
    """The database is down, locked or gave up a deadlock; nothing is wrong with what it was asked."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, Unavailable)
    return error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
