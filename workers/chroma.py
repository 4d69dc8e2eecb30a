"""Keeps the Chroma server of ENGAGE_HOME running: it stops when this process, and every other user of it, is gone."""

import signal
import sys
import threading

from engage.memory import chroma_server
from engage.settings import load
from workers import process, services


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with chroma_server.running(services.chroma_home(settings)):
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
