"""The reference with the same promise: a bare server that commits the same row to the same database before its 202.

Written straight to the driver, with nothing of Engage's in the way of a request: it verifies no signature, looks up no
account, counts nothing and wakes nobody.
"""

import asyncio
import sqlite3
import sys
from datetime import UTC, datetime
from typing import Any

import psycopg
import uvicorn

from engage.ledger.ids import new_id
from engage.settings import load
from workers import process

MAX_BATCH = 512
COLUMNS = "id, account_id, dedupe_key, source, body, state, reason, attempts, received_at"
ON_POSTGRESQL = f"""
    INSERT INTO deliveries ({COLUMNS})
    SELECT id, account_id, key, 'webhook', body, 'received', '', 0, now()
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) AS new (id, account_id, key, body)
    ON CONFLICT DO NOTHING""".encode()  # noqa: S608 - a constant
ON_SQLITE = f"""
    INSERT OR IGNORE INTO deliveries ({COLUMNS}) VALUES (?, ?, ?, 'webhook', ?, 'received', '', 0, ?)"""  # noqa: S608

Row = tuple[str, str, str, bytes]


class Durable:
    """Bare ASGI: while one group is committed the next one gathers."""

    def __init__(self, url: str) -> None:
        self._write = OnPostgresql(url).write if url.startswith("postgres") else OnSqlite(url).write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._more = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["method"] == "POST":
            await self._keep(scope, await _body(receive))
        status = 202 if scope["method"] == "POST" else 200
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _keep(self, scope: Any, body: bytes) -> None:
        key = next(value for name, value in scope["headers"] if name == b"webhook-id").decode()
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        row = (new_id(), scope["path"].rpartition("/")[2], key, body)
        self._waiting.append((row, committed))
        self._more.set()
        await committed

    async def _live(self, receive: Any, send: Any) -> None:
        writing = None
        while True:
            message = await receive()
            writing = writing or asyncio.create_task(self._run())
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                writing.cancel()
                return

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            if not self._waiting:
                self._more.clear()
            await asyncio.to_thread(self._write, [row for row, _ in batch])
            for _, committed in batch:
                committed.set_result(None)


class OnPostgresql:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def write(self, rows: list[Row]) -> None:
        self._connection.execute(ON_POSTGRESQL, [list(column) for column in zip(*rows, strict=True)])


class OnSqlite:
    """Settings as the ledger has them: WAL is a property of the file, FULL is one of the connection."""

    def __init__(self, url: str) -> None:
        file = url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA synchronous=FULL")

    def write(self, rows: list[Row]) -> None:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(ON_SQLITE, [(*row, now) for row in rows])
        self._connection.execute("COMMIT")


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    options = {"log_config": None, "access_log": False}
    uvicorn.run(Durable(settings.ledger_url), host=settings.host, port=settings.webhook_port, **options)  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
