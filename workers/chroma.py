"""Keeps the Chroma server of ENGAGE_HOME running: it stops when this process, and every other user of it, is gone."""

import os
import signal
import sys
import threading
from pathlib import Path

import structlog

from engage.errors import Unavailable
from engage.memory import chroma_server
from engage.settings import load
from workers import process, services

log = structlog.get_logger()

CHECK_SECONDS = 1.0


def keep(data: Path, over: threading.Event) -> None:
    """Until `over`: a server that died is started again. Raises Unavailable where the first does not start."""
    server = chroma_server.start(data)
    while not over.wait(CHECK_SECONDS):
        if _is_gone(server.pid):
            log.warning("chroma_ended", url=server.url)
            server.stop()
            try:
                server = chroma_server.start(data)
            except Unavailable as error:  # recall goes by words meanwhile: no reason to end the whole stack
                log.warning("outage", error=str(error))
    server.stop()


def _is_gone(pid: int) -> bool:
    """Surely gone, not only slow to answer: two servers on one directory lose vectors."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # started by another user of the directory, or reaped already
        return not process.is_alive(pid)


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    keep(services.chroma_home(settings), over)
    return 0


if __name__ == "__main__":
    sys.exit(main())
