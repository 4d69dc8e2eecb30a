"""Where the running services are, and that no process outlives its parent."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engage.settings import Settings
from workers import process, services, up
from workers.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_without_a_stack_there_are_no_services(settings: Settings) -> None:
    assert services.running(settings) is None
    assert services.chroma_url(settings) == ""


def test_a_running_stack_is_found(settings: Settings) -> None:
    stack = Services(pid=os.getpid(), redis="redis://r", chroma="http://c")
    services.write(settings, stack)
    assert services.running(settings) == stack
    assert services.redis_url(settings) == "redis://r"


def test_what_is_written_is_for_the_owner_only(settings: Settings) -> None:
    services.write(settings, Services(pid=os.getpid(), redis="redis://:secret@r"))
    assert stat.S_IMODE(services.file_of(settings).stat().st_mode) == 0o600


def test_a_setting_wins_over_the_running_stack(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, redis_url="redis://mine", chroma_url="http://mine")
    services.write(settings, Services(pid=os.getpid(), redis="redis://r", chroma="http://c"))
    assert (services.redis_url(settings), services.chroma_url(settings)) == ("redis://mine", "http://mine")


def test_a_stack_that_died_is_not_running(settings: Settings, dead_pid: int) -> None:
    services.write(settings, Services(pid=dead_pid, redis="redis://r"))
    assert services.running(settings) is None
    assert services.redis_url(settings) == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"pid": 1, "unknown": 2}', '{"pid": "one"}', '{"pid": null}', "7"]
)
def test_a_file_that_says_nothing_sensible_is_no_stack(settings: Settings, text: str) -> None:
    services.write(settings, Services())
    services.file_of(settings).write_text(text)
    assert services.running(settings) is None


def test_a_stack_forgets_itself_and_no_other(settings: Settings, dead_pid: int) -> None:
    for pid, stays in ((os.getppid(), True), (os.getpid(), False), (dead_pid, False)):
        services.write(settings, Services(pid=pid))
        services.forget(settings)
        assert services.file_of(settings).exists() is stays


def test_a_free_port_can_be_bound() -> None:
    import socket

    port = services.free_port()
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        assert server.getsockname() == ("127.0.0.1", port)


def test_a_process_ends_with_the_parent_it_was_given(dead_pid: int) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    code = "from workers import process; process.end_with_parent(); print('up', flush=True); input()"
    environ = {**os.environ, process.PARENT: str(parent.pid)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        parent.kill()
        parent.communicate()
        assert child.wait(20) == -signal.SIGTERM


def test_a_process_without_a_parent_to_follow_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    before = threading.active_count()
    process.end_with_parent()
    monkeypatch.setenv(process.PARENT, "not a number")
    process.end_with_parent()
    assert threading.active_count() == before


def test_a_live_process_is_alive_and_a_dead_one_is_not(dead_pid: int) -> None:
    assert process.is_alive(os.getpid())
    assert not process.is_alive(dead_pid)


def test_processes_share_few_heaps_unless_the_operator_says_otherwise(settings: Settings) -> None:
    planned = up.plan(settings)
    assert up.environment(settings, planned, {})["MALLOC_ARENA_MAX"] == "2"
    assert up.environment(settings, planned, {"MALLOC_ARENA_MAX": "8"})["MALLOC_ARENA_MAX"] == "8"
