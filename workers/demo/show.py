"""The demo from start to end, and what it prints."""

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
import orjson
from rich.console import Console
from rich.markup import escape

from connectors import http
from engage.errors import EngageError, Unavailable
from engage.ledger import engines, schema, users
from engage.ledger.database import Database
from engage.secrets import Vault
from engage.settings import Settings, load
from workers import build, services
from workers.demo import account, content, judge, network, play
from workers.demo.watch import Watch
from workers.process import PARENT, is_alive
from workers.runtime import utc_now
from workers.services import Services

READY_SECONDS = 90
SETTLE_SECONDS = 90
RECENT = timedelta(minutes=1)
STYLE = {"answer": "green", "skip": "yellow", "escalate": "magenta"}


class DemoFailed(EngageError):
    """The demo could not be shown."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs."""

    settings: Settings
    db: Database
    sandbox: str
    stack: Services
    password: str | None
    console: Console


def run() -> int:
    """Show the demo. In a terminal it stays up until Ctrl-C; otherwise it ends after its summary."""
    console = Console(highlight=False, soft_wrap=True)
    stays = sys.stdout.isatty() and not os.environ.get("DEMO_EXIT")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engage-demo-", ignore_cleanup_errors=True)))
        stage = _set(stack, load(home=home, webhook_port=0, studio_port=0), console)
        summary, agreed = asyncio.run(_perform(stage))
        if stays:
            _stay(stage)
        sys.stdout.buffer.write(orjson.dumps(summary) + b"\n")
        sys.stdout.flush()
    good = summary["lost"] == summary["duplicates"] == 0 and summary["answered"] > 0
    return 0 if good and (agreed or stays) else 1


def _set(stack: ExitStack, settings: Settings, console: Console) -> Stage:
    """Ledger, sample creators, sandbox, and the processes of `engage up`."""
    console.print("[bold]Engage demo[/]: everything below runs on this machine, with made-up people.")
    (settings.directory / "logs").mkdir()
    db = Database(settings.ledger_url)
    stack.callback(db.close)
    schema.upgrade(db)
    with db.transaction() as tx:
        password = users.ensure_owner(tx, utc_now())
    running = stack.enter_context(_stack(settings))
    sandbox = stack.enter_context(network.running(settings.directory / "logs" / "sandbox.log"))
    return Stage(settings, db, sandbox, running, password, console)


@contextmanager
def _stack(settings: Settings) -> Iterator[Services]:
    """`engage up` as a child; yields its addresses once it has written them."""
    log = settings.directory / "logs" / "stack.log"
    env = {**os.environ, "ENGAGE_HOME": str(settings.directory), PARENT: str(os.getpid())}
    env |= {"ENGAGE_WEBHOOK_PORT": "0", "ENGAGE_STUDIO_PORT": "0"}
    with log.open("wb") as out:
        up = subprocess.Popen([sys.executable, "-m", "workers.cli", "up"], env=env, stdout=out, stderr=out)
    try:
        yield _wait_for_addresses(settings, up, log)
    finally:
        up.terminate()
        try:
            up.wait(timeout=40)
        except subprocess.TimeoutExpired:
            up.kill()


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


async def _perform(stage: Stage) -> tuple[dict[str, Any], bool]:
    """Bring the creators in, let the followers write, wait until all is settled, and account for it."""
    names = await asyncio.to_thread(_bring_in_creators, stage)
    async with network.Network(stage.sandbox) as net:
        played = play.Played()
        await _connect(stage, net, names)
        await play.publish(net, content.read_posts(), played)
        await _ready(stage)
        _introduce(stage)
        watch = Watch(stage.db, _line(stage))
        watching = asyncio.create_task(watch.run())
        script = content.read_script()
        await play.play(net, script, played)
        await _settled(stage, net, played)
        await watch.finish()
        await watching
        return await _summary(stage, net, script, played)


def _bring_in_creators(stage: Stage) -> dict[str, Any]:
    personas = {}
    for folder in content.sample_creators():
        persona, report = content.add_creator(stage.db, folder)
        personas[persona.name] = persona
        stored = report.stored
        stage.console.print(f"  {persona.display_name}: {stored.passages} passages, {stored.pairs} past answers")
    with build.chroma(stage.settings) as url:
        build.index_waiting(stage.db, url)
    return personas


async def _connect(stage: Stage, net: network.Network, personas: dict[str, Any]) -> None:
    vault = Vault.at(stage.settings.directory)
    for name, persona in personas.items():
        made = await net.connect(name, persona.display_name)
        account_id = content.connect_account(stage.db, vault, persona, stage.sandbox, made)
        hook = f"{stage.stack.webhooks}/hooks/sandbox/{account_id}"
        await net.call_back(made["user_id"], made["access_token"], hook)


async def _ready(stage: Stage) -> None:
    """Web processes answer and a worker has said that it works."""
    deadline = time.monotonic() + READY_SECONDS
    async with http.client(stage.stack.webhooks, timeout=timedelta(seconds=5)) as client:
        while time.monotonic() < deadline and is_alive(stage.stack.pid):
            if await _answers(client, "/healthz") and await stage.db.read(engines.alive, utc_now() - RECENT):
                return
            await asyncio.sleep(0.1)
    raise DemoFailed(f"the stack did not get ready in {READY_SECONDS} s")


async def _answers(client: httpx.AsyncClient, path: str) -> bool:
    try:
        return (await client.get(path)).is_success
    except httpx.HTTPError:
        return False


def _introduce(stage: Stage) -> None:
    stage.console.print(f"  sandbox  {stage.sandbox}  (write there as any follower)")
    stage.console.print(f"  studio   {stage.stack.studio}  sign in as owner, password {stage.password}")
    stage.console.print()


def _line(stage: Stage) -> Any:
    def show(item: Any) -> None:
        colour = STYLE[item.outcome]
        head = f"[dim]{item.surface:>7}[/] [bold]{escape(item.follower)}[/] to {escape(item.creator)}: "
        stage.console.print(head + escape(item.asked))
        why = escape(", ".join(item.reasons))
        text = f" [bold]{escape(item.reply)}[/]" if item.reply else ""
        stage.console.print(f"        [{colour}]{item.outcome}[/] ({why}){text}")

    return show


async def _settled(stage: Stage, net: network.Network, played: play.Played) -> None:
    """Every webhook is delivered and nothing is open any more."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if not (await net.stats())["webhooks"]["pending"] and await stage.db.read(account.is_settled):
            return
        await asyncio.sleep(0.1)


async def _summary(
    stage: Stage, net: network.Network, script: list[content.Step], played: play.Played
) -> tuple[dict[str, Any], bool]:
    try:
        known = await stage.db.read(account.fates)
    except Unavailable as error:
        raise DemoFailed(str(error)) from error
    found = account.take(list(played.messages.values()), known)
    stats = await net.stats()
    problems = judge.disagreements(script, played.messages, known)
    stage.console.print()
    for problem in problems:
        stage.console.print(f"[red]not as scripted[/] {escape(problem)}")
    met = len(played.messages) - len(problems)
    stage.console.print(f"{met} of {len(played.messages)} messages came out as the script says.")
    stage.console.print(f"refused by the network: {stats['violations'] or 'nothing'}")
    summary = {
        "messages": found.messages,
        "answered": found.outcomes["answer"],
        "skipped": found.outcomes["skip"] + found.outcomes["none"],
        "escalated": found.outcomes["escalate"],
        "lost": len(found.lost),
        "duplicates": stats["duplicate_replies"],
        "p50_s": found.quantile(0.5),
        "p95_s": found.quantile(0.95),
    }
    return summary, not problems


def _stay(stage: Stage) -> None:
    stage.console.print("\nIt stays up: write in the sandbox, correct in the studio. Ctrl-C ends it.")
    _introduce(stage)
    try:
        while is_alive(stage.stack.pid):
            time.sleep(0.5)
    except KeyboardInterrupt:
        stage.console.print("ending")
