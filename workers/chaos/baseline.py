"""Stock Celery on Redis under the same kills and the same emptied Redis: what a queue alone loses and says twice."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from workers import valkey
from workers.demo import network
from workers.demo.network import Network
from workers.process import PARENT

THREADS = 16
BETWEEN_KILLS = 20  # replies that must be new before the next kill
LONGEST_WAIT = 20.0  # seconds, for those
QUIET_SECONDS = 6.0  # nothing new for so long and nothing waiting: it is over
GRACE_SECONDS = 60.0
CREATOR = "stock"
Say = Callable[[str], None]


def run(events: int, kills: int, flushes: int, seed: int, say: Say) -> dict[str, Any]:
    """Everything in a temporary folder; it ends with the run."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="engage-stock-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with network.running(home / "sandbox.log") as sandbox, valkey.running(home) as url:
            counts = asyncio.run(_perform(sandbox, url, events, kills, flushes, random.Random(seed), say))
    return {**counts, "kills": kills, "flushes": flushes, "seconds": round(time.monotonic() - start, 1)}


def command(application: str, threads: int) -> list[str]:
    """Start line of a stock worker."""
    head = [sys.executable, "-m", "celery", "-A", application, "worker", "-P", "threads", "-c", str(threads)]
    return [*head, "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"]


async def _perform(
    sandbox: str, broker: str, events: int, kills: int, flushes: int, chance: random.Random, say: Say
) -> dict[str, Any]:
    queue = redis.Redis.from_url(broker)
    async with Network(sandbox) as net:
        account = await net.connect(CREATOR, "Stock Celery")
        post = await net.publish(CREATOR, "ask me anything")
        asked = [await _ask(net, post, number) for number in range(events)]
        await asyncio.to_thread(_enqueue, broker, sandbox, account["access_token"], asked)
        flush_at = {int((n + 1) * kills / (flushes + 1)) for n in range(flushes)}
        worker = _start(broker)
        try:
            for number in range(kills):
                await _more_replies(net, BETWEEN_KILLS)
                await asyncio.sleep(chance.random() * 0.3)
                _kill(worker)
                if number in flush_at:
                    queue.flushall()
                    say("baseline: Redis emptied")
                worker = _start(broker)
                say(f"baseline: kill -9, {number + 1} of {kills}")
            await _over(net, queue)
        finally:
            _kill(worker)
            queue.close()
        return count(await net.messages())


def count(messages: list[dict[str, Any]]) -> dict[str, int]:
    """lost: without a reply. duplicates: replies beyond the first. Pure."""
    replies = [len(message["replies"]) for message in messages]
    return {"events": len(replies), "lost": replies.count(0), "duplicates": sum(n - 1 for n in replies if n > 1)}


async def _ask(net: Network, post: str, number: int) -> dict[str, str]:
    who = f"f_{number}"
    written = await net.write(creator=CREATOR, surface="comment", follower=who, text="how are you?", post_id=post)
    return {"surface": "comment", "conversation_id": written["conversation_id"], "in_reply_to": written["id"]}


def _enqueue(broker: str, sandbox: str, token: str, asked: list[dict[str, str]]) -> None:
    from workers.chaos.stock import app, post

    with app.connection_for_write(broker) as connection, app.amqp.Producer(connection) as producer:
        for message in asked:
            post.apply_async((sandbox, token, message), producer=producer)


async def _more_replies(net: Network, count: int) -> None:
    """Until so many replies are new, at most LONGEST_WAIT: after a flush there may be nothing left to do."""
    wanted = (await net.stats())["replies"] + count
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        if (await net.stats())["replies"] >= wanted:
            return
        await asyncio.sleep(0.01)


async def _over(net: Network, queue: "redis.Redis") -> None:
    """Until nothing waits in Redis and no reply came for QUIET_SECONDS."""
    deadline = time.monotonic() + GRACE_SECONDS
    seen, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        replies = (await net.stats())["replies"]
        if replies != seen:
            seen, since = replies, time.monotonic()
        waiting = int(queue.llen("celery")) + int(queue.hlen("unacked"))
        if not waiting and time.monotonic() - since > QUIET_SECONDS:
            return
        await asyncio.sleep(0.2)


def _start(broker: str) -> "subprocess.Popen[bytes]":
    env = {**os.environ, "CHAOS_BROKER": broker, PARENT: str(os.getpid())}
    line = command("workers.chaos.stock", THREADS)
    return subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _kill(worker: "subprocess.Popen[bytes]") -> None:
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
