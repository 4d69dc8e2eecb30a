"""Redis with no set-up."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from engage.errors import ConfigError
from engage.settings import Settings
from tests.conftest import free_port
from workers import valkey


def test_a_server_on_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey.binary() == str(server)


def test_without_one_the_server_of_the_packages_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = subprocess.run([valkey.binary(), "--version"], capture_output=True, text=True, check=True)
    assert "v=" in told.stdout


def test_without_any_server_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="set REDIS_URL") as caught:
        valkey.binary()
    assert caught.value.key == "redis_url"


def test_a_file_that_does_not_run_here_is_passed_over(tmp_path: Path) -> None:
    other_platform = tmp_path / "valkey-server"
    other_platform.write_bytes(b"\x00not for this machine")
    other_platform.chmod(0o755)
    assert not valkey._runs(other_platform)


def test_every_address_has_its_own_password() -> None:
    first, second = (urlsplit(valkey.make_url(7000)) for _ in range(2))
    assert (first.hostname, first.port) == ("127.0.0.1", 7000)
    assert first.password != second.password


def test_the_password_is_in_a_file_of_the_owner_and_not_in_the_command(tmp_path: Path) -> None:
    url = valkey.make_url(7000)
    line = valkey.command(Settings(home=tmp_path), url)
    password = str(urlsplit(url).password)
    assert not [word for word in line if password in word]
    config = tmp_path / "redis" / "server.conf"
    assert password in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_the_process_serves_keeps_what_it_was_told_and_ends_when_asked(tmp_path: Path) -> None:
    url = valkey.make_url(free_port())
    environ = {**os.environ, "ENGAGE_HOME": str(tmp_path), "ENGAGE_REDIS_URL": url}
    child = subprocess.Popen([sys.executable, "-m", "workers.valkey"], env=environ)
    try:
        with redis.Redis.from_url(url) as server:
            _wait_for(server, child)
            assert server.config_get("appendonly", "maxmemory-policy") == {
                "appendonly": "yes",
                "maxmemory-policy": "noeviction",
            }
        with redis.Redis(port=int(urlsplit(url).port or 0)) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        child.terminate()
        assert child.wait(20) == 0
    with redis.Redis.from_url(url) as gone, pytest.raises(redis.ConnectionError):
        gone.ping()


def _wait_for(server: "redis.Redis", child: "subprocess.Popen[bytes]") -> None:
    ends_at = time.monotonic() + 30
    while child.poll() is None and time.monotonic() < ends_at:
        try:
            server.ping()
            return
        except redis.ConnectionError:
            time.sleep(0.02)
    pytest.fail("the server does not answer")
