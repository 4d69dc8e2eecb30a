"""Where the running services are: settings first, else what `engage up` wrote into ENGAGE_HOME/run/services.json."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from engage.settings import Settings, load
from workers.process import is_alive


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of one running stack. `pid` is the supervisor's; an empty address: not part of it."""

    pid: int = 0
    redis: str = ""
    chroma: str = ""
    webhooks: str = ""
    studio: str = ""


def file_of(settings: Settings) -> Path:
    return settings.directory / "run" / "services.json"


def write(settings: Settings, services: Services) -> None:
    """Readable by the owner only: the Redis address carries its password."""
    file = file_of(settings)
    file.parent.mkdir(exist_ok=True, mode=0o700)
    aside = file.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(asdict(services)))
    aside.replace(file)


def running(settings: Settings) -> Services | None:
    """The stack of this home directory, or None where none runs."""
    try:
        services = Services(**json.loads(file_of(settings).read_text()))
        return services if services.pid > 0 and is_alive(services.pid) else None
    except (OSError, ValueError, TypeError):
        return None


def forget(settings: Settings) -> None:
    services = running(settings)
    if services is None or services.pid == os.getpid():
        file_of(settings).unlink(missing_ok=True)


def redis_url(settings: Settings | None = None) -> str:
    """The broker. Where no stack runs the default port is named, and wake-ups are dropped if nothing listens."""
    settings = settings or load()
    found = running(settings)
    return settings.redis_url or (found.redis if found else "") or "redis://127.0.0.1:6379/0"


def receiver_url(settings: Settings) -> str:
    """The receiver's address as others reach it, or at least this machine; without a slash at its end."""
    found = running(settings)
    here = f"http://{settings.host}:{settings.webhook_port}"
    return (settings.public_url or (found.webhooks if found else "") or here).rstrip("/")


def studio_url(settings: Settings) -> str:
    """The studio's address in the creator's browser, without a slash at its end."""
    found = running(settings)
    here = f"http://{settings.host}:{settings.studio_port}"
    return (settings.studio_url or (found.studio if found else "") or here).rstrip("/")


def chroma_url(settings: Settings) -> str:
    """'' where no Chroma server is up."""
    if settings.chroma_url:
        return settings.chroma_url
    from engage.memory import chroma_server

    found = chroma_server.find(chroma_home(settings))
    return found[0] if found else ""


def chroma_home(settings: Settings) -> Path:
    return settings.directory / "chroma"


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
