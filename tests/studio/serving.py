"""The real studio process on a free port, over a ledger that the tests fill."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from engage.ledger.database import Database
from engage.settings import Settings
from workers import services


@dataclass(frozen=True, slots=True)
class Studio:
    """A running studio: its address, the owner's password, its ledger and its home directory."""

    url: str
    password: str
    db: Database
    home: Path
    pid: int


@contextmanager
def running(home: Path, redis_url: str = "redis://127.0.0.1:1/0") -> Iterator[Studio]:
    """`python -m workers.studio` with a home directory of its own; stopped at the end."""
    home.mkdir(parents=True, exist_ok=True)
    port = services.free_port()
    env = {**os.environ, "ENGAGE_HOME": str(home), "ENGAGE_STUDIO_PORT": str(port), "ENGAGE_REDIS_URL": redis_url}
    log = home / "studio.log"
    with log.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-m", "workers.studio"], env=env, stdout=out, stderr=out)
    db: Database | None = None
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_serves(url, child, log)
        password = re.search(r"password (\S+)", log.read_text())
        db = Database(Settings(home=home).ledger_url)
        yield Studio(url, password.group(1) if password else "", db, home, child.pid)
    finally:
        if db is not None:
            db.close()
        child.terminate()
        child.wait(20)


def _wait_until_it_serves(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    ends_at = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/healthz")
            return
        except httpx.TransportError:
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < ends_at, "the studio does not answer"
            time.sleep(0.02)
