"""The server of a data directory: started once, found by the next, ended by the last."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engage.errors import Unavailable
from engage.memory import chroma_server

USE_IT = """
import sys
from pathlib import Path
from engage.memory import chroma_server
server = chroma_server.start(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


def is_up(url: str, wanted: bool, seconds: float = 10.0) -> bool:
    """Whether the server reaches the wanted state in time."""
    end = time.monotonic() + seconds
    while chroma_server.is_ready(url) is not wanted:
        if time.monotonic() > end:
            return not wanted
        time.sleep(0.05)
    return wanted


def test_a_second_process_uses_the_running_server_and_the_last_one_ends_it(tmp_path: Path) -> None:
    first = chroma_server.start(tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        [sys.executable, "-c", USE_IT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == first.url
        first.stop()
        first.stop()
        assert chroma_server.is_ready(first.url)
        other.communicate("")
    assert is_up(first.url, False) is False
    assert chroma_server.find(tmp_path) is None


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    with chroma_server.running(tmp_path) as url:
        assert chroma_server.find(tmp_path) is not None
        assert url.startswith("http://127.0.0.1:")
    assert not chroma_server.is_ready(url)
    with chroma_server.running(tmp_path) as again:
        assert chroma_server.is_ready(again)


def test_a_stale_address_file_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "engage-server.json").write_text('{"url": "http://127.0.0.1:9", "pid": 1}')
    assert chroma_server.find(tmp_path) is None
    (tmp_path / "engage-server.json").write_text("nonsense")
    assert chroma_server.find(tmp_path) is None


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="did not start"):
        chroma_server.start(tmp_path)
