"""What runs over the whole stack share: a creator on its network, followers who ask, and the processes of a stack."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from engage.ledger import creators
from engage.ledger.tables import engines, replies, turns
from engage.memory.library import import_paths
from engage.models import Mode, Persona, Surface
from engage.secrets import Vault
from engage.settings import Settings
from workers import build, services
from workers.demo import account, content, stage
from workers.demo.account import Fate
from workers.demo.network import Network
from workers.demo.stage import Stage
from workers.encoders import Encoders
from workers.engine import IDLE
from workers.runtime import utc_now

TILLY = content.CONFIG / "creators" / "tilly"
# Each is answered from Tilly's own words, whether recall goes by meaning or by words alone.
QUESTIONS = (
    "Can I visit the workshop?",
    "What is your returns policy?",
    "Do you sell the restored bikes?",
    "What kinds of bikes do you not repair?",
    "Do the gift vouchers run out?",
    "How does the wheelbuilding class work?",
)
SECONDS = 60.0  # for whatever a test waits for

_names = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def no_settings_for_shared_stacks() -> Iterator[None]:
    """A stack that lives longer than one test does not read the settings of this machine either."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ENGAGE_") or name in ("REDIS_URL", "DATABASE_URL"):
                patch.delenv(name)
        yield


@dataclass(frozen=True, slots=True)
class Tilly:
    """A creator with an account on the network of a running stack, and a post to comment on."""

    on: Stage
    net: Network
    persona: Persona
    account_id: str
    post: str
    token: str
    refused: dict[str, int]  # what the network refused to others, earlier in the life of this stack

    async def asked(self, count: int, surface: str = "comment", who: str = "f") -> list[str]:
        """Ids of the questions of `count` followers, written one after the other."""
        many = QUESTIONS * (count // len(QUESTIONS) + 1)
        return [await self.ask(f"{who}_{surface}_{n}", surface, many[n]) for n in range(count)]

    async def ask(self, follower: str, surface: str = "comment", text: str = QUESTIONS[0]) -> str:
        where = {"post_id": self.post} if surface == "comment" else {}
        name = self.persona.name
        written = await self.net.write(creator=name, surface=surface, follower=follower, text=text, **where)
        return written["id"]

    async def fates(self, ids: list[str]) -> list[Fate]:
        known = await self.on.db.read(account.fates)
        return [known.get(key, Fate("unknown")) for key in ids]

    async def posted(self) -> dict[str, list[str]]:
        """What the network shows under each follower's message."""
        mine = f"u_{self.persona.name}"
        shown = [message for message in await self.net.messages() if message["creator"] == mine]
        return {message["id"]: [reply["text"] for reply in message["replies"]] for message in shown}

    async def taken(self) -> None:
        """Waits until every webhook had its 2xx."""
        await until(self._is_taken, "a 2xx to each webhook")

    async def _is_taken(self) -> bool:
        return not (await self.net.stats())["webhooks"]["pending"]

    async def answered(self, ids: list[str], seconds: float = SECONDS) -> None:
        """Waits until nothing is open; then each of them has its one reply, and the network refused nothing."""
        settled = await stage.settled(self.on, self.net, seconds)
        fates = await self.fates(ids)
        assert settled, [fate for fate in fates if fate.reply_state != "sent"][:5]
        assert [(fate.outcome, fate.reply_state) for fate in fates] == [("answer", "sent")] * len(ids), fates
        shown = await self.posted()
        assert [len(shown[key]) for key in ids] == [1] * len(ids)
        stats = await self.net.stats()
        assert (stats["duplicate_replies"], stats["violations"]) == (0, self.refused)

    async def shown(self) -> int:
        """How many replies the network shows."""
        return sum(map(len, (await self.posted()).values()))

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        """Rows of this creator's in one of the ledger's tables."""
        query = select(table).where(table.c.creator_id == self.persona.id, *where)
        return await self.on.db.read(lambda tx: list(tx.execute(query)))

    async def card(self, message_id: str) -> tuple[str, str]:
        """Outcome and reasons of a message's decision, once there is one."""
        await until(lambda: self._is_decided(message_id), "a decision")
        fate = (await self.fates([message_id]))[0]
        return fate.outcome, "; ".join(fate.reasons)

    async def _is_decided(self, message_id: str) -> bool:
        return (await self.fates([message_id]))[0].outcome in ("answer", "skip", "escalate", "none")


@pytest.fixture
async def come() -> AsyncIterator[Callable[..., Any]]:
    """Brings a creator of a new name into a running stack."""
    nets: list[Network] = []

    async def arrive(on: Stage, mode: Mode = Mode.AUTO, *, webhook: bool = True, **config: Any) -> Tilly:
        nets.append(net := await Network(on.sandbox).__aenter__())
        await until(lambda: services.chroma_url(on.settings), "the stack's Chroma")
        persona = await asyncio.to_thread(_bring_in, on, f"tilly_{next(_names)}")
        made = await net.connect(persona.name, persona.display_name)
        vault = Vault.at(on.settings.directory)
        account_id = content.connect_account(on.db, vault, persona, on.sandbox, made)
        with on.db.transaction() as tx:
            for surface in Surface:
                creators.set_mode(tx, account_id, surface, mode)
            _configure(tx, account_id, config)
        if webhook:
            hook = f"{on.stack.webhooks}/hooks/sandbox/{account_id}"
            await net.call_back(made["user_id"], made["access_token"], hook)
        await stage.ready(on)
        refused = (await net.stats())["violations"]
        post = await net.publish(persona.name, "ask me anything")
        return Tilly(on, net, persona, account_id, post, made["access_token"], refused)

    yield arrive
    for net in nets:
        await net.__aexit__()


def _bring_in(on: Stage, name: str) -> Persona:
    with on.db.transaction() as tx:
        known = replace(content.read_persona(TILLY), name=name)
        persona = creators.add_creator(tx, known, utc_now())
    import_paths(on.db, persona.id, [TILLY / "faq.jsonl"])
    build.index_waiting(on.db, services.chroma_url(on.settings), Encoders(on.settings, on.db))
    return persona


def _configure(tx: Connection, account_id: str, config: dict[str, Any]) -> None:
    known = creators.get_account(tx, account_id).config
    creators.configure_account(tx, account_id, {**known, **config})


# Waiting -------------------------------------------------------------------------------------------------------------


async def until(is_so: Callable[[], Any], what: str, seconds: float = SECONDS) -> None:
    """Until a condition holds, async or not; fails with `what` where it never does."""
    deadline = time.monotonic() + seconds
    while True:
        found = is_so()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.03)


async def a_round(on: Stage) -> None:
    """Until the worker has said that it lives, and has looked at all its work, once more from now on.

    It looks once every IDLE, and says so every lease / 3 seconds: use the shortest lease.
    """
    seen = utc_now() + 1.5 * IDLE
    await until(lambda: _has_reported(on, seen), "the worker's next report")


async def _has_reported(on: Stage, since: datetime) -> bool:
    last = await on.db.read(_last_seen)
    return last is not None and last > since


def _last_seen(tx: Connection) -> datetime | None:
    return tx.execute(select(func.max(engines.c.seen_at))).scalar_one()


def answering(owner_pid: int | None = None) -> Callable[[Connection], int]:
    """Counts the turns being answered now, by anybody or by one worker process."""

    def count(tx: Connection) -> int:
        query = select(func.count()).select_from(turns).where(turns.c.state == "answering")
        query = query if owner_pid is None else query.where(turns.c.lease_owner.contains(f":{owner_pid}:"))
        return int(tx.execute(query).scalar_one())

    return count


def begun(tx: Connection, creator_id: str) -> int:
    """A creator's replies that are posted or on their way."""
    query = select(func.count()).select_from(replies).where(replies.c.creator_id == creator_id)
    return int(tx.execute(query.where(replies.c.first_sent_at.is_not(None))).scalar_one())


def sending(owner_pid: int | None = None) -> Callable[[Connection], int]:
    """Counts the replies on their way now, by anybody or by one worker process."""

    def count(tx: Connection) -> int:
        query = select(func.count()).select_from(replies).where(replies.c.state == "sending")
        query = query if owner_pid is None else query.where(replies.c.lease_owner.contains(f":{owner_pid}:"))
        return int(tx.execute(query).scalar_one())

    return count


# Processes -----------------------------------------------------------------------------------------------------------


def engage(settings: Settings, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
    """A command of ours in the home of a stack, as an operator types it in another terminal."""
    chosen = settings.model_dump(exclude_defaults=True)
    values = {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in chosen.items()}
    env = {**os.environ, **{f"ENGAGE_{key.upper()}": str(value) for key, value in values.items()}}
    with (settings.directory / "logs" / "engage.log").open("ab") as log:
        line = [sys.executable, "-m", "workers.cli", *arguments]
        return subprocess.Popen(line, env=env, **{"stdout": log, "stderr": log, **options})


@contextmanager
def up(on: Stage, *only: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`engage up` in the home of a stage, once more or beside it; SIGTERM at the end."""
    started = engage(on.settings, "up", *(word for name in only for word in ("--only", name)))
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(40)
        finally:
            started.kill()
            started.wait()


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def member(pid: int, word: str) -> psutil.Process:
    """The lowest process below one that has a word on its command line."""
    return [one for one in family(pid) if any(word in part for part in one.cmdline())][-1]


def is_over(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(process: psutil.Process) -> None:
    process.send_signal(signal.SIGKILL)
