"""Runs a Chroma server as its child and ends it once no process uses its directory any more.

`python -m engage.memory.chroma_watch DIRECTORY HOST PORT`. Users hold a shared lock that the operating system gives
back when they die, so that a killed user leaves no server behind.
"""

import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

CHECK_SECONDS = 0.5
STOP_SECONDS = 8.0


def command(data: Path, host: str, port: str) -> list[str]:
    """The start line of a Chroma server."""
    script = Path(sys.executable).parent / "chroma"
    start = [str(script)] if script.exists() else [sys.executable, "-c", "from chromadb.cli.cli import app; app()"]
    return [*start, "run", "--path", str(data), "--host", host, "--port", port]


def is_used(data: Path) -> bool:
    """Whether some process starts, uses or leaves the server now."""
    with (data / "engage-start.lock").open("w") as starting, (data / "engage-users.lock").open("w") as users:
        try:
            fcntl.flock(starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def main(arguments: list[str]) -> int:
    """Until the server ends, nobody uses it, or a signal comes."""
    data, host, port = Path(arguments[0]), arguments[1], arguments[2]
    server = subprocess.Popen(command(data, host, port))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.terminate())
    while server.poll() is None:
        time.sleep(CHECK_SECONDS)
        if server.poll() is None and not is_used(data):
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
