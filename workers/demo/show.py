"""The demo from start to end, and what it prints."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape

from engage.models import Persona
from workers import build
from workers.demo import account, content, judge, network, play, stage
from workers.demo.stage import Stage
from workers.demo.watch import Shown, Watch
from workers.encoders import Encoders
from workers.process import is_alive

SETTLE_SECONDS = 90
STYLE = {"answer": "green", "skip": "yellow", "escalate": "magenta"}


def run() -> int:
    """Show the demo. In a terminal it stays up until Ctrl-C; otherwise it ends after its summary."""
    console = Console(highlight=False, soft_wrap=True)
    stays = sys.stdout.isatty() and not os.environ.get("DEMO_EXIT")
    console.print("[bold]Engage demo[/]: everything below runs on this machine, with made-up people.")
    with stage.running() as on:
        summary = asyncio.run(_perform(on, console))
        if stays:
            _stay(on, console)
    sys.stdout.buffer.write(orjson.dumps(summary) + b"\n")
    sys.stdout.flush()
    return 0 if summary["lost"] == summary["duplicates"] == 0 and summary["answered"] > 0 else 1


async def _perform(on: Stage, console: Console) -> dict[str, Any]:
    """Bring the creators in, let the followers write, wait until all is settled, and account for it."""
    personas = await asyncio.to_thread(_bring_in_creators, on, console)
    script, played = content.read_script(), play.Played()
    async with network.Network(on.sandbox) as net:
        await stage.connect(on, net, personas)
        await play.publish(net, content.read_posts(), played)
        await stage.ready(on)
        _introduce(on, console)
        watch = Watch(on.db, _printer(console))
        watching = asyncio.create_task(watch.run())
        await play.play(net, script, played)
        await stage.settled(on, net, SETTLE_SECONDS)
        watch.finish()
        await watching
        return await _summary(on, net, script, played, console)


def _bring_in_creators(on: Stage, console: Console) -> dict[str, Persona]:
    personas = {}
    for folder in content.sample_creators():
        persona, report = content.add_creator(on.db, folder)
        personas[persona.name] = persona
        stored = report.stored
        console.print(f"  {persona.display_name}: {stored.passages} passages, {stored.pairs} past answers")
    with build.chroma(on.settings) as url:
        build.index_waiting(on.db, url, Encoders(on.settings, on.db))
    return personas


def _introduce(on: Stage, console: Console) -> None:
    console.print(f"  sandbox  {on.sandbox}  (write there as any follower)")
    console.print(f"  studio   {on.stack.studio}  (sign in as [bold]owner[/], password [bold]{on.password}[/])\n")


def _printer(console: Console) -> Callable[[Shown], None]:
    def show(item: Shown) -> None:
        head = f"[dim]{item.surface:>7}[/] [bold]{escape(item.follower)}[/] to {escape(item.creator)}: "
        console.print(head + escape(item.asked))
        why = escape(", ".join(item.reasons))
        text = f" [bold]{escape(item.reply)}[/]" if item.reply else ""
        console.print(f"        [{STYLE[item.outcome]}]{item.outcome}[/] ({why}){text}")

    return show


async def _summary(
    on: Stage, net: network.Network, script: list[content.Step], played: play.Played, console: Console
) -> dict[str, Any]:
    known = await on.db.read(account.fates)
    found = account.take(list(played.messages.values()), known)
    stats = await net.stats()
    problems = judge.disagreements(script, played.messages, known)
    console.print()
    for problem in problems:
        console.print(f"[red]not as scripted[/] {escape(problem)}")
    met = len(played.messages) - len(problems)
    console.print(f"{met} of {len(played.messages)} messages came out as the script says.")
    console.print(f"refused by the network: {stats['violations'] or 'nothing'}")
    return account.summary(found, stats)


def _stay(on: Stage, console: Console) -> None:
    console.print("\nIt stays up: write in the sandbox, correct in the studio. Ctrl-C ends it.")
    _introduce(on, console)
    try:
        while is_alive(on.stack.pid):
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("ending")
