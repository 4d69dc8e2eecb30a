"""The followers: each step of the script at its time, over the network's API."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.demo.content import Step
from workers.demo.network import Network


@dataclass(slots=True)
class Played:
    """What the network called the script's messages and posts."""

    posts: dict[str, str] = field(default_factory=dict)  # ref → id
    messages: dict[str, str] = field(default_factory=dict)


async def publish(network: Network, posts: Sequence[dict[str, str]], played: Played) -> None:
    """The creators' posts, before anybody comments."""
    for post in posts:
        played.posts[post["ref"]] = await network.publish(post["creator"], post["text"])


async def play(network: Network, script: Sequence[Step], played: Played, speed: float = 1.0) -> None:
    """Every step at its time. Steps of one follower keep their order, whatever the network's pace."""
    start = time.monotonic()
    last: dict[str, asyncio.Task[None]] = {}
    for step in script:
        await asyncio.sleep(max(0.0, start + step.at_s / speed - time.monotonic()))
        last[step.follower] = asyncio.create_task(_after(last.get(step.follower), network, step, played))
    await asyncio.gather(*last.values())


async def _after(previous: asyncio.Task[None] | None, network: Network, step: Step, played: Played) -> None:
    if previous is not None:
        await previous
    if step.action == "edit":
        await network.edit(played.messages[step.ref], step.text)
    elif step.action == "delete":
        await network.delete(played.messages[step.ref])
    else:
        written = await network.write(
            creator=step.creator,
            surface=step.surface,
            follower=step.follower,
            follower_name=step.follower_name,
            text=step.text,
            post_id=played.posts.get(step.post, ""),
            reply_to=played.messages.get(step.reply_to, ""),
            is_bot=step.is_bot,
        )
        played.messages[step.ref] = written["id"]
