"""A stack outlives its processes: what ends or hangs is started again, and everything ends together."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engage.settings import Settings
from workers import up
from workers.watchdog import Watchdog

WAIT_SECONDS = 30


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Runs a supervisor over shell commands; each command writes its pid into a file of its name."""
    started: list[subprocess.Popen[bytes]] = []

    def run(stuck: str = "set()", **commands: str) -> "subprocess.Popen[bytes]":
        code = f"""
            from workers import supervisor
            supervisor.WATCH_SECONDS = 0.1
            supervisor.Supervisor({commands!r}, {{"PATH": {os.environ["PATH"]!r}}}, {str(tmp_path)!r},
                                  stop_seconds=3, stuck=lambda pids: {stuck}).run()
        """
        started.append(subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.DEVNULL))
        return started[-1]

    yield run
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_over(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


LIVES = "echo $$ >> {0}; exec sleep 600"


def test_a_process_that_is_killed_is_started_again_and_the_others_live_on(
    supervised: Callable[..., object], tmp_path: Path
) -> None:
    supervised(one=LIVES.format("one"), two=LIVES.format("two"))
    until(lambda: pids(tmp_path / "one") and pids(tmp_path / "two"))
    os.kill(pids(tmp_path / "one")[0], signal.SIGKILL)
    until(lambda: len(pids(tmp_path / "one")) == 2)
    assert len(pids(tmp_path / "two")) == 1


def test_a_process_that_ends_at_once_is_tried_again_and_again(
    supervised: Callable[..., object], tmp_path: Path
) -> None:
    supervised(broken="echo $$ >> broken; exit 1")
    until(lambda: len(pids(tmp_path / "broken")) >= 3)
    assert len(set(pids(tmp_path / "broken"))) == len(pids(tmp_path / "broken"))


def test_a_process_that_does_nothing_is_ended_and_started_again(
    supervised: Callable[..., object], tmp_path: Path
) -> None:
    supervised("set(pids.values())", worker=LIVES.format("worker"))
    until(lambda: len(pids(tmp_path / "worker")) >= 2)
    assert is_over(pids(tmp_path / "worker")[0])


def test_engage_up_asks_the_watchdog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []

    class Recorder:
        def __init__(self, *_: object, stuck: object, **__: object) -> None:
            asked.append(getattr(stuck, "__self__", None))

        def run(self) -> None: ...

    monkeypatch.setattr(up, "Supervisor", Recorder)
    assert up.run(Settings(home=tmp_path)) == 0
    assert [type(one) for one in asked] == [Watchdog]


def test_everything_ends_with_the_supervisor(supervised: Callable[..., object], tmp_path: Path) -> None:
    process = supervised(one=LIVES.format("one"), deaf="trap '' TERM; echo $$ >> deaf; while :; do sleep 0.1; done")
    until(lambda: pids(tmp_path / "one") and pids(tmp_path / "deaf"))
    assert isinstance(process, subprocess.Popen)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_SECONDS) == 0
    assert is_over(pids(tmp_path / "one")[0])
    assert is_over(pids(tmp_path / "deaf")[0])
