"""Start the processes of the Procfile: settings become addresses, addresses become the children's environment."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from honcho.environ import parse_procfile

from engage.errors import ConfigError
from engage.ledger import schema
from engage.ledger.database import Database
from engage.settings import Settings
from workers import services, valkey
from workers.process import PARENT
from workers.services import Services
from workers.supervisor import Supervisor
from workers.watchdog import Watchdog

PROCFILE = Path(__file__).parent.parent / "Procfile"
WORKER = "worker"
STOP_SECONDS = 30  # a worker finishes what is in flight


def commands(settings: Settings, only: Sequence[str] = ()) -> dict[str, str]:
    """The Procfile's lines to run: those named by `only`, without services that are running elsewhere.

    The worker's line as often as `workers` says: worker, worker.2, …
    """
    lines: dict[str, str] = dict(parse_procfile(PROCFILE.read_text()).processes)
    unknown = [name for name in only if name not in lines]
    if unknown:
        known = ", ".join(lines)
        fix = f"Known are: {known}"
        raise ConfigError("the Procfile has no such process", key=unknown[0], place="--only", fix=fix)
    elsewhere = {"redis": settings.redis_url, "chroma": settings.chroma_url}
    wanted = only or [name for name in lines if not elsewhere.get(name)]
    chosen = {name: lines[name] for name in wanted}
    if WORKER in chosen:
        chosen |= {f"{WORKER}.{number}": lines[WORKER] for number in range(2, settings.workers + 1)}
    return chosen


def plan(settings: Settings) -> Services:
    """The addresses of a stack about to start; a port of 0 becomes a free one."""
    webhooks = settings.webhook_port or services.free_port(settings.host)
    studio = settings.studio_port or services.free_port(settings.host)
    return Services(
        pid=os.getpid(),
        redis=settings.redis_url or valkey.make_url(services.free_port()),
        chroma=settings.chroma_url,
        webhooks=f"http://{settings.host}:{webhooks}",
        studio=f"http://{settings.host}:{studio}",
    )


def environment(settings: Settings, planned: Services, base: Mapping[str, str]) -> dict[str, str]:
    """What the children see: our Python first on PATH, the planned addresses, and whom to follow."""
    return {
        # Every thread would get a heap of its own that never shrinks: a worker grows by a third.
        "MALLOC_ARENA_MAX": "2",
        **base,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "ENGAGE_HOME": str(settings.directory),
        "ENGAGE_REDIS_URL": planned.redis,
        "ENGAGE_WEBHOOK_PORT": planned.webhooks.rsplit(":", 1)[1],
        "ENGAGE_STUDIO_PORT": planned.studio.rsplit(":", 1)[1],
        PARENT: str(os.getpid()),
    }


def run(settings: Settings, only: Sequence[str] = ()) -> int:
    """Run until a signal; a process that ends is started again. Returns the exit code."""
    other = services.running(settings)
    if other is not None and not only:
        fix = f"Stop process {other.pid} first, or set ENGAGE_HOME to another directory"
        raise ConfigError("a stack is running already", key="home", place=str(settings.directory), fix=fix)
    lines = commands(settings, only)
    db = Database(settings.ledger_url)
    schema.upgrade(db)  # once, before anybody needs it
    planned = other or plan(settings)
    if other is None:
        services.write(settings, planned)
    env = environment(settings, planned, os.environ)
    watchdog = Watchdog(db)
    running = Supervisor(lines, env, str(PROCFILE.parent), stop_seconds=STOP_SECONDS, stuck=watchdog.stuck)
    print(f"studio   {planned.studio}\nwebhooks {planned.webhooks}/hooks/PLATFORM/ACCOUNT", file=sys.stderr)  # noqa: T201
    try:
        running.run()
    finally:
        services.forget(settings)
        db.close()
    return 0
