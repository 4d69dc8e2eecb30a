"""What `tests/platforms/pace_cases.py` has people do: how accounts come to their platforms, and how followers write.

The n-th follower is somebody else for another n. `hook` is our webhook, for the platforms that call one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from connectors.x.connect import SCOPES as X_SCOPES
from engage.grants import Grant
from tests.connectors.bluesky import kit as bluesky_kit
from tests.connectors.bluesky.test_journey import grant as bluesky_grant
from tests.connectors.discord import kit as discord_kit
from tests.connectors.discord.test_journey import grant as discord_grant
from tests.connectors.threads import kit as threads_kit
from tests.connectors.twitch.conftest import people
from tests.connectors.twitch.kit import CHANNEL
from tests.connectors.twitch.test_journey import grant as twitch_grant
from tests.connectors.x import kit as x_kit
from tests.connectors.x.test_journey import grant as x_grant
from tests.platforms.instagram import Instagram
from tests.platforms.kick import Kick
from tests.platforms.meta_inbox import Inbox
from tests.platforms.telegram import GROUP, Telegram
from tests.platforms.threads import Threads
from tests.platforms.youtube import COSTS

QUESTION = "What is your returns policy?"
DISCORD_CHANNELS = 60  # so many that the bot's own limit is the tight one
FEW_UNITS = 1_000  # of a day of YouTube
THREADS_BEFORE = 950  # replies of the day that were posted earlier


def on_twitch(twitch: Any) -> Grant:
    """The account, and a bot that moderates its channel."""
    people(twitch)
    return twitch_grant(twitch)


def as_plain_user(twitch: Any) -> Grant:
    """The same, and the bot does not moderate."""
    made = on_twitch(twitch)
    twitch.moderators[CHANNEL] = set()
    return replace(made, config={**made.config, "bot_moderates": False})


def say_on_twitch(twitch: Any, hook: str, n: int) -> None:
    """A line of chat."""
    twitch.user(str(90_000 + n), f"viewer_{n}")
    twitch.say(str(90_000 + n), QUESTION, CHANNEL)


def whisper(twitch: Any, hook: str, n: int) -> None:
    """A whisper to the creator."""
    twitch.user(str(90_000 + n), f"viewer_{n}")
    twitch.whisper(str(90_000 + n), CHANNEL, QUESTION)


def lines_of_ours(twitch: Any) -> int:
    """How many lines the channel has from us."""
    return sum(not twitch.users[line.sender].login.startswith("viewer_") for line in twitch.lines)


def whispers_of_ours(twitch: Any) -> int:
    """How many whispers came from us."""
    return sum(sender == CHANNEL for sender, _, _ in twitch.whispers)


def on_discord(discord: Any) -> Grant:
    """The account, and its channels."""
    for n in range(DISCORD_CHANNELS):
        discord.add(channel(n))
    discord.add(discord_kit.CHANNEL)
    discord.add(discord_kit.LIVE)
    return discord_grant(discord)


def channel(n: int) -> str:
    """The n-th follower's channel."""
    return str(1_400_000_000_000_000_000 + n % DISCORD_CHANNELS)


def write_on_discord(discord: Any, channel: str, n: int) -> None:
    """A mention, which is heard in every channel."""
    discord.write(str(1_300_000_000_000_000_000 + n), channel, f"<@{discord_kit.BOT}> {QUESTION}")


def counting() -> Telegram:
    """Telegram with its limits."""
    telegram = Telegram()
    telegram.counting = True
    return telegram


def comment_on_telegram(telegram: Any, hook: str, n: int) -> None:
    """A comment under the one post."""
    threads = [number for chat, number, _ in telegram.messages if chat == GROUP]
    telegram.comment(threads[0] if threads else telegram.publish("New lens day!"), QUESTION, user=10_000 + n)


def message_on_telegram(telegram: Any, hook: str, n: int) -> None:
    """A message to the creator, in a chat of its own."""
    telegram.write_to_creator(QUESTION, user=10_000 + n)


def mention_on_mastodon(mastodon: Any, hook: str, n: int) -> None:
    """A mention."""
    known = next(iter(mastodon.people.values()))
    mastodon.people[f"20{n:04}"] = {**known, "id": f"20{n:04}", "username": f"f{n}", "acct": f"f{n}"}
    mastodon.write(f"@me {QUESTION}", f"20{n:04}")


def on_bluesky(bluesky: Any) -> Grant:
    """The account."""
    bluesky.person("avatar")
    return bluesky_grant(bluesky)


def mention_on_bluesky(bluesky: Any, hook: str, n: int) -> None:
    """A mention."""
    bluesky.write(bluesky.person(f"f{n}"), f"@avatar.example.com {QUESTION}", mention=bluesky_kit.ME)


def granting(make: Callable[[], Any], token: str, *lasting: Any) -> Callable[[], Any]:
    """A product of Meta's that knows the kit's token."""

    def started() -> Any:
        platform = make()
        platform.grant(token, *lasting)
        return platform

    return started


def write_to_meta(platform: Inbox, hook: str, n: int) -> None:
    """A direct message."""
    platform.call_webhook(hook, platform.message_entry(platform.write_message(str(700_000_000_000_000 + n), QUESTION)))


def say_on_instagram(platform: Instagram, hook: str, n: int) -> None:
    """A comment on the broadcast."""
    line = platform.add(str(900_000_000_000_000 + n), QUESTION, post="17900000000000002")
    platform.call_webhook(hook, platform.comment_entry(line))


def reply_on_threads(threads: Threads, hook: str, n: int) -> None:
    """A reply to the post."""
    threads.tell(hook, "replies", threads.write(f"fan_{n}", QUESTION, threads.post.id))


def on_threads() -> Threads:
    """Threads late on a busy day."""
    verify = threads_kit.app().secrets["verify_token"]
    threads = Threads(secret=threads_kit.SECRETS[0], verify_token=verify, used_before=THREADS_BEFORE)
    threads.grant(threads_kit.TOKEN)
    return threads


def write_on_tiktok(tiktok: Any, hook: str, n: int) -> None:
    """A direct message."""
    tiktok.writes(QUESTION, fan=f"fan_{n}")
    tiktok.deliver(hook, tiktok.events[-1])


def comment_on_douyin(douyin: Any, hook: str, n: int) -> None:
    """A comment."""
    douyin.comments(QUESTION, fan=f"fan-{n}")
    douyin.deliver(hook)


def write_on_douyin(douyin: Any, hook: str, n: int) -> None:
    """A direct message."""
    douyin.writes(QUESTION, fan=f"fan-{n}")
    douyin.deliver(hook)


def say_on_kick(kick: Kick, hook: str, n: int) -> None:
    """A line of chat."""
    kick.hook = hook
    kick.tell(kick.say(QUESTION, sender=str(90_000_000 + n)))


def on_x(x: Any) -> Grant:
    """The account."""
    x.user(x_kit.OWN, "Creator", *X_SCOPES)
    return x_grant(x)


def fan_on_x(x: Any, n: int) -> str:
    """The n-th follower."""
    x.user(str(80_000 + n), f"fan{n}")
    return str(80_000 + n)


@contextmanager
def sixty_times_as_fast() -> Iterator[None]:
    """X's quarter of an hour takes 15 seconds and its day 24 minutes, there and here."""
    short, day = timedelta(seconds=15), timedelta(minutes=24)
    here = patch.multiple("connectors.x.limits", WINDOW=short, DAY=day)
    with here, patch("tests.platforms.x.WINDOW", short):
        yield


def ask_on_youtube(youtube: Any, hook: str, n: int) -> None:
    """A comment and a line of chat by turns: both are paid from one pool."""
    if not youtube.chats:
        youtube.go_live()
    if n % 2:
        youtube.say(QUESTION, f"UCfan{n}", f"@fan{n}")
    else:
        youtube.comment(QUESTION, f"UCfan{n}", f"@fan{n}")


def units_of_youtube(youtube: Any) -> int:
    """What replies took, with the look whether the comment is still there."""
    calls = [call for call in youtube.calls_to("/youtube/v3/") if call.method == "POST" or "id" in call.query]
    return sum(COSTS.get((call.method, call.path.removeprefix("/youtube/v3/")), 1) for call in calls)
