"""A Valkey of one's own, to be emptied, killed and started again."""

import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis

from engage.pacing import Pacer
from engage.pacing.shared import PREFIX
from tests.conftest import free_port
from tests.pacing.strict import pacers
from workers import valkey


class Server:
    """Keeps an append-only file, as `engage up` has it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)]
        self._line = [valkey.binary(), *place, "--save", "", "--appendonly", "yes", "--loglevel", "warning"]
        self._log = folder / "log"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._line, stdout=log, stderr=log)
        with redis.Redis(port=self.port) as client:
            ends_at = time.monotonic() + 20
            while time.monotonic() < ends_at:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.01)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
            self._child = None

    def freeze(self) -> None:
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._child is not None
        self._child.send_signal(signal.SIGCONT)

    def forget(self, bucket: str) -> None:
        """What a crash of the machine does to the newest of what was written."""
        with redis.Redis(port=self.port) as client:
            assert client.delete(PREFIX + bucket) == 1

    def empty(self) -> None:
        with redis.Redis(port=self.port) as client:
            client.flushall()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
async def crew(server: Server) -> AsyncIterator[list[Pacer]]:
    """Three workers."""
    made = pacers(server.url, 3)
    yield made
    for pacer in made:
        await pacer.aclose()
