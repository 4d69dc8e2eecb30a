"""Everything that runs in a demo: a fresh home, the stack of `engage up`, and the sandbox network."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors import http
from engage.errors import EngageError
from engage.ledger import engines, schema, users
from engage.ledger.database import Database
from engage.models import Persona
from engage.secrets import Vault
from engage.settings import Settings, load
from workers import services
from workers.demo import account, content, network
from workers.process import PARENT, end, is_alive
from workers.runtime import utc_now
from workers.services import Services

READY_SECONDS = 90
STOP_SECONDS = 40  # more than the stack takes itself for what is in flight
RECENT = timedelta(minutes=1)


class DemoFailed(EngageError):
    """The demo could not be shown."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack with its network. `password`: the studio owner's."""

    settings: Settings
    db: Database
    sandbox: str
    stack: Services
    password: str | None


@contextmanager
def running(**settings: Any) -> Iterator[Stage]:
    """A stack in a temporary home, on free ports unless told otherwise; everything ends with the block."""
    with ExitStack() as stack:
        prefix = "engage-demo-"
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)))
        chosen = load(home=home, **{"webhook_port": 0, "studio_port": 0, **settings})
        (chosen.directory / "logs").mkdir()
        db = Database(chosen.ledger_url)
        stack.callback(db.close)
        schema.upgrade(db)
        with db.transaction() as tx:
            password = users.ensure_owner(tx, utc_now())
        sandbox = stack.enter_context(network.running(chosen.directory / "logs" / "sandbox.log"))
        addresses = stack.enter_context(_stack(chosen, {key: str(value) for key, value in settings.items()}))
        yield Stage(chosen, db, sandbox, addresses, password)


@contextmanager
def _stack(settings: Settings, chosen: dict[str, str]) -> Iterator[Services]:
    """`engage up` as a child; yields its addresses once it has written them."""
    log = settings.directory / "logs" / "stack.log"
    env = {**os.environ, "ENGAGE_HOME": str(settings.directory), PARENT: str(os.getpid())}
    env |= {"ENGAGE_WEBHOOK_PORT": "0", "ENGAGE_STUDIO_PORT": "0"}
    env |= {f"ENGAGE_{key.upper()}": value for key, value in chosen.items()}
    with log.open("wb") as out:
        up = subprocess.Popen([sys.executable, "-m", "workers.cli", "up"], env=env, stdout=out, stderr=out)
    try:
        yield _wait_for_addresses(settings, up, log)
    finally:
        end(up, STOP_SECONDS)


def _wait_for_addresses(settings: Settings, up: "subprocess.Popen[bytes]", log: Path) -> Services:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        found = services.running(settings)
        if found is not None and found.pid == up.pid:
            return found
        if up.poll() is not None:
            break
        time.sleep(0.05)
    raise DemoFailed(f"the stack did not start:\n{log.read_text(errors='replace')[-2000:]}")


async def connect(stage: Stage, net: network.Network, personas: dict[str, Persona], settle: str = "key") -> None:
    """A sandbox account for each creator, its webhooks sent to the stack."""
    vault = Vault.at(stage.settings.directory)
    for name, persona in personas.items():
        made = await net.connect(name, persona.display_name)
        account_id = content.connect_account(stage.db, vault, persona, stage.sandbox, made, settle)
        hook = f"{stage.stack.webhooks}/hooks/sandbox/{account_id}"
        await net.call_back(made["user_id"], made["access_token"], hook)


async def ready(stage: Stage) -> None:
    """The receiver answers and a worker has said that it works. Raises DemoFailed."""
    deadline = time.monotonic() + READY_SECONDS
    async with http.client(stage.stack.webhooks, timeout=timedelta(seconds=5)) as client:
        while time.monotonic() < deadline and is_alive(stage.stack.pid):
            alive = await stage.db.read(engines.alive, utc_now() - RECENT)
            if alive and await _answers(client, "/healthz"):
                return
            await asyncio.sleep(0.1)
    log = (stage.settings.directory / "logs" / "stack.log").read_text(errors="replace")
    raise DemoFailed(f"the stack did not get ready:\n{log[-2000:]}")


async def _answers(client: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await client.get(path)).is_success
    except httpx.HTTPError:
        return False


async def settled(stage: Stage, net: network.Network, seconds: float) -> bool:
    """Every webhook is delivered and nothing is open any more, or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not (await net.stats())["webhooks"]["pending"] and await stage.db.read(account.is_settled):
            return True
        await asyncio.sleep(0.1)
    return False
