"""A Chroma server of our own: one a data directory, shared by every process that needs it.

Whoever comes first starts it, whoever leaves last stops it. Two locks in the directory say who is there; the
operating system gives them back when a process dies, and `chroma_watch` then ends a server that nobody uses.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.error import URLError

from engage.errors import Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_children: dict[int, "subprocess.Popen[bytes]"] = {}  # ours to reap


@dataclass(slots=True)
class ChromaServer:
    """A running server: its address, its process, and our place among its users."""

    url: str
    pid: int
    data: Path
    _place: IO[str] = field(repr=False)

    def stop(self) -> None:
        """Leave it; the last one out ends the process. Safe to call twice."""
        if self._place.closed:
            return
        with _exclusive(self.data):
            last = _try_lock(self._place, fcntl.LOCK_EX)
            self._place.close()
            if last:
                _end(self.pid, self.url)
                _address_file(self.data).unlink(missing_ok=True)


def start(data: Path, *, host: str = "127.0.0.1") -> ChromaServer:
    """The server of a data directory: the running one, or a new one that answers. Raises Unavailable."""
    data.mkdir(parents=True, exist_ok=True)
    with _exclusive(data):
        running = find(data) or _launch(data, host)
        place = (data / "engage-users.lock").open("w")
        fcntl.flock(place, fcntl.LOCK_SH)
        return ChromaServer(running[0], running[1], data, place)


@contextmanager
def running(data: Path) -> Iterator[str]:
    """The URL of the directory's server, for as long as the block lasts."""
    server = start(data)
    try:
        yield server.url
    finally:
        server.stop()


def find(data: Path) -> tuple[str, int] | None:
    """(URL, process id) of the directory's server where it is up, without starting it."""
    try:
        known = json.loads(_address_file(data).read_text())
        url, pid = str(known["url"]), int(known["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (url, pid) if is_ready(url) else None


def is_ready(url: str) -> bool:
    """Whether a Chroma server answers there."""
    try:
        with urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=2) as answer:  # noqa: S310 - always http
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False


def _launch(data: Path, host: str) -> tuple[str, int]:
    port = _free_port(host)
    log = data / "engage-chroma.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "engage.memory.chroma_watch", str(data), host, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; the server may have other users
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
    url = f"http://{host}:{port}"
    _wait(process, url, log)
    _children[process.pid] = process
    _address_file(data).write_text(json.dumps({"url": url, "pid": process.pid}))
    return url, process.pid


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            tail = log.read_text(errors="replace")[-300:].strip()
            raise Unavailable(f"the Chroma server did not start: {tail or 'no message'} ({log})")
        time.sleep(0.05)


def _end(pid: int, url: str) -> None:
    """Ask, then force. A child of ours is reaped; another process's is its parent's to reap."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, ask)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if _is_gone(pid, url):
                _children.pop(pid, None)
                return
            time.sleep(0.02)


def _is_gone(pid: int, url: str) -> bool:
    if (child := _children.get(pid)) is not None:
        return child.poll() is not None
    # Another process's child stays in the process table until that process looks: ask the server, not the table.
    return not is_ready(url)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _address_file(data: Path) -> Path:
    return data / "engage-server.json"


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _exclusive(data: Path) -> Iterator[None]:
    """One process at a time starts or stops the directory's server."""
    with (data / "engage-start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
