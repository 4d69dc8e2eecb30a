"""Where it happens: a stack with two workers, a network with faults, a creator reached by webhook and one by poll."""

import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Connection
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from engage.errors import Retryable
from engage.ledger import creators
from engage.memory.library import import_paths
from engage.models import Persona
from engage.secrets import Vault
from workers.chaos import processes
from workers.chaos.model import Model
from workers.demo import content, stage
from workers.demo.network import Network
from workers.demo.stage import Stage
from workers.process import PARENT, end
from workers.runtime import utc_now

FOLDER = content.CONFIG / "creators" / "tilly"
LEASE_SECONDS = 10
T = TypeVar("T")
OUTAGE: dict[str, Any] = {
    "retry": retry_if_exception_type(Retryable),
    "wait": wait_fixed(0.1),
    "stop": stop_after_delay(60),
    "reraise": True,
}


@dataclass(frozen=True, slots=True)
class Theatre:
    """A running stack and everything that acts on it."""

    on: Stage
    net: Network
    supervisors: tuple[int, ...]
    creators: tuple[str, ...]
    posts: dict[str, str]
    chance: random.Random
    model: Model
    out: set[int] = field(default_factory=set)  # pids that are dead or frozen: the ledger still names them as owners

    async def read(self, query: Callable[[Connection], T]) -> T:
        """From the ledger, through an outage of it too. Raises Unavailable where that lasts."""
        async for attempt in AsyncRetrying(**OUTAGE):
            with attempt:
                found = await self.on.db.read(query)
        return found

    async def shown(self) -> set[str]:
        """Ids of the messages with a visible reply."""
        return {message["id"] for message in await self.net.messages() if message["replies"]}

    def pids(self, name: str, supervisor: int = 0) -> list[int]:
        """Of the running processes of one kind, below one supervisor where it is given."""
        found = processes.find((supervisor,) if supervisor else self.supervisors, name)
        return [pid for pid in found if pid not in self.out]


@asynccontextmanager
async def opened(
    on: Stage, settle: str, chance: random.Random, second: int, network: str, model: Model
) -> AsyncIterator[Theatre]:
    """The creators are known, connected, and ready to answer. network: the address at which workers reach it."""
    async with Network(on.sandbox) as net:
        personas = {name: _bring_in(on, name) for name in ("asked", "polled")}
        vault = Vault.at(on.settings.directory)
        for name, persona in personas.items():
            made = await net.connect(name, persona.display_name)
            account_id = content.connect_account(on.db, vault, persona, network, made, settle)
            if name == "polled":
                await on.db.run(_poll, account_id)
            else:
                hook = f"{on.stack.webhooks}/hooks/sandbox/{account_id}"
                await net.call_back(made["user_id"], made["access_token"], hook)
        await stage.ready(on)
        posts = {name: await net.publish(name, "ask me anything") for name in personas}
        yield Theatre(on, net, (on.stack.pid, second), tuple(personas), posts, chance, model)


def _bring_in(on: Stage, name: str) -> Persona:
    with on.db.transaction() as tx:
        persona = creators.add_creator(tx, replace(content.read_persona(FOLDER), name=name), utc_now())
    import_paths(on.db, persona.id, [FOLDER / "faq.jsonl"])
    return persona


def _poll(tx: Connection, account_id: str) -> None:
    config = creators.get_account(tx, account_id).config
    creators.configure_account(tx, account_id, {**config, "ingest": "poll"})


@contextmanager
def second_worker(on: Stage) -> Iterator[int]:
    """Another worker under a supervisor of its own; yields the supervisor's pid."""
    env = {**os.environ, "ENGAGE_HOME": str(on.settings.directory), PARENT: str(os.getpid()), **as_environment(on)}
    with (on.settings.directory / "logs" / "second.log").open("wb") as log:
        line = [sys.executable, "-m", "workers.cli", "up", "--only", "worker"]
        up = subprocess.Popen(line, env=env, stdout=log, stderr=log)
    try:
        yield up.pid
    finally:
        end(up, stage.STOP_SECONDS)


def as_environment(on: Stage) -> dict[str, str]:
    names = {"lease", "debounce", "database_url", "log_level", "model", "model_base_url"}
    chosen: dict[str, Any] = on.settings.model_dump(include=names)
    chosen["model_api_key"] = on.settings.model_api_key.get_secret_value()
    return {f"ENGAGE_{key.upper()}": str(value) for key, value in chosen.items()}


def questions() -> list[str]:
    """What the creators' own words answer."""
    return [row["question"] for row in content.lines(FOLDER / "faq.jsonl")]
