"""How much of a platform's limit is used, and how often the platform has to say 429. `python -m tests.platforms.pace`.

More replies than the limit allows are written and approved at once; then the worker, with a real Valkey for the
pacing, has them posted to a simulator that counts strictly. Prints JSON: for each case how many were posted in the time
from the first one on, how many the limit allows in that time in a steady stream, the share of it, and the refusals.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select, update

from engage.ledger import by_hand
from engage.ledger.tables import replies
from engage.models import Mode, Surface
from engage.platform import REPLY, App, Each, Grant, Limit
from tests.connectors.bluesky import kit as bluesky_kit
from tests.connectors.bluesky.test_journey import app as bluesky_app
from tests.connectors.bluesky.test_journey import grant as bluesky_grant
from tests.connectors.discord import kit as discord_kit
from tests.connectors.discord.test_journey import grant as discord_grant
from tests.connectors.mastodon.test_journey import grant as mastodon_grant
from tests.connectors.telegram.test_journey import app as telegram_app
from tests.connectors.telegram.test_journey import granted as telegram_grant
from tests.connectors.tiktok import kit as tiktok_kit
from tests.connectors.tiktok.test_journey import GRANT as TIKTOK_GRANT
from tests.connectors.twitch.conftest import app_of as twitch_app
from tests.connectors.twitch.conftest import people
from tests.connectors.twitch.kit import CHANNEL
from tests.connectors.twitch.test_journey import grant as twitch_grant
from tests.platforms.base import Simulator
from tests.platforms.bluesky import Bluesky
from tests.platforms.discord import Discord
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.mastodon import Mastodon
from tests.platforms.telegram import GROUP, Telegram
from tests.platforms.tiktok import TikTok
from tests.platforms.twitch import Twitch
from workers import valkey
from workers.runtime import utc_now

SPARE = 1.3  # more is due than the limit allows
WRITING_SECONDS, STARTING_SECONDS = 180.0, 120.0


@dataclass(frozen=True, slots=True)
class Case:
    """One platform and surface. post: the path whose calls are the replies. ask: the n-th follower writes."""

    name: str
    surface: Surface
    start: Callable[[], Simulator]
    grant: Callable[[Any], Any]
    app: Callable[[Any], App | None]
    ready: Callable[[Any], Any]
    ask: Callable[[Any, int], Any]
    post: str
    public: bool = False
    each: Each = Each.ACCOUNT  # the limit that is the tight one


def _twitch() -> Twitch:
    return Twitch()


def _of_twitch(twitch: Any) -> Grant:
    people(twitch)
    return twitch_grant(twitch)


def _say_on_twitch(twitch: Any, n: int) -> None:
    twitch.user(str(90_000 + n), f"viewer_{n}")
    twitch.say(str(90_000 + n), QUESTION, CHANNEL)


def _discord() -> Discord:
    return Discord(discord_kit.TOKEN)


def _of_discord(discord: Any) -> Grant:
    discord.add(discord_kit.CHANNEL)
    return discord_grant(discord)


def _comment_on_telegram(telegram: Any, n: int) -> None:
    telegram.counting = True
    thread = telegram.publish("New lens day!") if n == 0 else next(iter(_threads(telegram)))
    telegram.comment(thread, QUESTION, user=10_000 + n)


def _threads(telegram: Any) -> list[int]:
    return [number for chat, number, _ in telegram.messages if chat == GROUP]


def _mention_on_mastodon(mastodon: Any, n: int) -> None:
    known = next(iter(mastodon.people.values()))
    mastodon.people[f"20{n:04}"] = {**known, "id": f"20{n:04}", "username": f"f{n}", "acct": f"f{n}"}
    mastodon.write(f"@me {QUESTION}", f"20{n:04}")


def _mention_on_bluesky(bluesky: Any, n: int) -> None:
    bluesky.write(bluesky.person(f"f{n}"), f"@avatar.example.com {QUESTION}", mention=bluesky_kit.ME)


CASES: Sequence[Case] = (
    Case(
        "twitch",
        Surface.LIVE,
        _twitch,
        _of_twitch,
        twitch_app,
        lambda twitch: any(one.status == "enabled" for one in twitch.subscriptions),
        _say_on_twitch,
        "/helix/chat/messages",
    ),
    Case(
        "discord",
        Surface.COMMENT,
        _discord,
        _of_discord,
        lambda discord: None,
        lambda discord: discord.sessions,
        lambda discord, n: discord.write(str(1300000000000000000 + n), discord_kit.CHANNEL, QUESTION),
        f"/api/v10/channels/{discord_kit.CHANNEL}/messages",
        each=Each.CONVERSATION,
    ),
    Case(
        "telegram",
        Surface.COMMENT,
        Telegram,
        telegram_grant,
        telegram_app,
        lambda telegram: telegram.called("getUpdates"),
        _comment_on_telegram,
        "/bot",
    ),
    Case(
        "tiktok",
        Surface.COMMENT,
        TikTok,
        lambda tiktok: TIKTOK_GRANT,
        lambda tiktok: tiktok_kit.app(base_url=tiktok.url),
        lambda tiktok: tiktok.calls_to("/open_api/v1.3/business/comment/list/"),
        lambda tiktok, n: tiktok.comments(QUESTION, fan=f"fan_{n}"),
        "/open_api/v1.3/business/comment/reply/create/",
    ),
    Case(
        "mastodon",
        Surface.COMMENT,
        Mastodon,
        mastodon_grant,
        lambda mastodon: None,
        lambda mastodon: mastodon.streaming,
        _mention_on_mastodon,
        "/api/v1/statuses",
    ),
    Case(
        "bluesky",
        Surface.COMMENT,
        Bluesky,
        bluesky_grant,
        bluesky_app,
        lambda bluesky: len(bluesky.calls_to("/xrpc/app.bsky.notification.listNotifications")) > 1,
        _mention_on_bluesky,
        "/xrpc/com.atproto.repo.putRecord",
    ),
)


async def measure(case: Case, seconds: float, redis_url: str) -> dict[str, Any]:
    """One case in a home of its own."""
    with case.start() as platform, tempfile.TemporaryDirectory() as folder:
        if case.name == "bluesky":
            platform.person("avatar")  # type: ignore[attr-defined]
        grant = case.grant(platform)
        grant = await grant if asyncio.iscoroutine(grant) else grant
        options: dict[str, Any] = {"public": case.public, "mode": Mode.REVIEW, "redis_url": redis_url}
        async with journey(Path(folder), case.name, grant, case.app(platform), **options) as way:
            limit = await _limit(way, case)
            allowed = limit.count * seconds / limit.per.total_seconds()
            count = int(allowed * SPARE) + limit.burst + 5
            await way.until(lambda: case.ready(platform), "the listener", WRITING_SECONDS)
            for n in range(count):
                case.ask(platform, n)
            await way.until(lambda: _held(way, count), f"{count} answers", WRITING_SECONDS)
            platform.answer_counts.clear()
            before = len(_posts(platform, case))
            await way.runtime.db.run(_approve_all)
            await way.until(lambda: len(_posts(platform, case)) > before, "the first reply", STARTING_SECONDS)
            began = _posts(platform, case)[before]
            await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
            times = [at for at in _posts(platform, case)[before:] if at < began + seconds]
            refused = sum(n for (_, status), n in platform.answer_counts.items() if status == 429)
            slowed = (await way.account()).blocked_until is not None
    return {
        "surface": case.surface.value,
        "limit": f"{limit.count} in {limit.per.total_seconds():g} s, {limit.burst} at once",
        "seconds": seconds,
        "posted": len(times),
        "allowed": round(allowed, 1),
        "share": round(len(times) / allowed, 3),
        "rate_limited": refused,
        "asked_to_slow_down": slowed,  # also where a platform says it in a 200
        "busiest_window": _busiest(times, limit.per.total_seconds()),
    }


async def _limit(way: Journey, case: Case) -> Limit:
    """The tightest one over a long time, of those that the connector declares for the surface."""
    connector = await way.runtime.connector(way.account_id)
    mine = [
        one
        for one in connector.limits
        if one.endpoint == REPLY and case.surface in one.surfaces and one.each is case.each
    ]
    return min(mine, key=lambda one: one.count / one.per.total_seconds())


async def _held(way: Journey, count: int) -> bool:
    return sum(row.state == "held" for row in await way.rows(replies)) >= count


def _approve_all(tx: Any) -> None:
    for reply_id in tx.execute(select(replies.c.id).where(replies.c.state == "held")).scalars().all():
        by_hand.approve(tx, reply_id, utc_now())
    tx.execute(update(replies).values(due_at=utc_now()))


def _posts(platform: Simulator, case: Case) -> list[float]:
    calls = [call for call in platform.calls if call.path.startswith(case.post) and call.method == "POST"]
    if case.name == "telegram":
        calls = [call for call in calls if call.path.endswith("/sendMessage")]
    return [call.at for call in calls]


def _busiest(times: Sequence[float], span: float) -> int:
    """The most replies in any span."""
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def main(seconds: float, only: str) -> dict[str, Any]:
    """The cases, one after the other."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(valkey.running(home))
        for case in CASES:
            if only in ("", case.name):
                load_average = os.getloadavg()[0]
                found[case.name] = {**asyncio.run(measure(case, seconds, url)), "load": round(load_average, 2)}
                print(case.name, found[case.name], file=sys.stderr)  # noqa: T201
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    json.dump(main(given.seconds, given.only), sys.stdout, indent=1)
