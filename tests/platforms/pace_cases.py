"""What `tests/platforms/pace.py` measures: each platform and surface that has a limit or a day's plan for replies.

Not here: the web chat, which is a page of ours and has no simulator; comments of Instagram and Facebook, and direct
messages of Bluesky, which have no declared limit.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from engage.grants import Grant
from engage.models import Surface
from engage.platform import App
from tests.connectors.bluesky import kit as bluesky_kit
from tests.connectors.bluesky.test_journey import app as bluesky_app
from tests.connectors.discord import kit as discord_kit
from tests.connectors.douyin import kit as douyin_kit
from tests.connectors.douyin.test_journey import GRANT as DOUYIN_GRANT
from tests.connectors.facebook import kit as facebook_kit
from tests.connectors.facebook.test_journey import GRANT as FACEBOOK_GRANT
from tests.connectors.instagram import kit as instagram_kit
from tests.connectors.instagram.test_journey import GRANT as INSTAGRAM_GRANT
from tests.connectors.kick import kit as kick_kit
from tests.connectors.mastodon.test_journey import grant as mastodon_grant
from tests.connectors.telegram.test_journey import app as telegram_app
from tests.connectors.telegram.test_journey import granted as telegram_grant
from tests.connectors.threads import kit as threads_kit
from tests.connectors.threads.test_journey import GRANT as THREADS_GRANT
from tests.connectors.tiktok import kit as tiktok_kit
from tests.connectors.tiktok.test_journey import GRANT as TIKTOK_GRANT
from tests.connectors.twitch.conftest import app_of as twitch_app
from tests.connectors.x import kit as x_kit
from tests.connectors.x.conftest import app_of as x_app
from tests.connectors.youtube import kit as youtube_kit
from tests.connectors.youtube.test_journey import granted as youtube_grant
from tests.platforms import pace_people as do
from tests.platforms.base import Simulator
from tests.platforms.bluesky import Bluesky
from tests.platforms.discord import Discord
from tests.platforms.douyin import Douyin
from tests.platforms.facebook import Facebook
from tests.platforms.instagram import Instagram
from tests.platforms.kick import Kick
from tests.platforms.mastodon import Mastodon
from tests.platforms.tiktok import TikTok
from tests.platforms.twitch import Twitch
from tests.platforms.x import X
from tests.platforms.youtube import YouTube

Ask = Callable[[Any, str, int], object]


def always(platform: Any) -> object:
    """Nothing must have happened before people write."""
    return True


@dataclass(frozen=True, slots=True)
class Case:
    """One platform and surface.

    grant, app: how its account comes here. ask: the n-th follower writes; the second argument is our webhook. post: the
    path of the calls that post. accepted: how many the platform has let in. places: in how many conversations people
    write, `in_turn` if the next one waits until the one before can be answered. most: so many at most are due, for a
    limit that no machine reaches. around: what holds while it is measured.
    """

    name: str
    platform: str
    surface: Surface
    start: Callable[[], Simulator]
    grant: Callable[[Any], Grant | Awaitable[Grant]]
    app: Callable[[Any], App | None]
    ask: Ask
    post: str
    accepted: Callable[[Any], int]
    ready: Callable[[Any], object] = always
    public: bool = False
    places: int = 1
    in_turn: bool = False
    most: int = 2_000
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class Day:
    """A day's plan that is spent to its end. used: its units as the platform counted them. before: spent earlier."""

    case: Case
    used: Callable[[Any], int]
    asked: int
    before: int = 0


TWITCH = Case(
    "twitch live",
    "twitch",
    Surface.LIVE,
    Twitch,
    do.on_twitch,
    twitch_app,
    do.say_on_twitch,
    "/helix/chat/messages",
    do.lines_of_ours,
    ready=lambda twitch: sum(one.status == "enabled" for one in twitch.subscriptions) >= 3,
)
WHISPERS = replace(
    TWITCH,
    name="twitch dm",
    surface=Surface.DM,
    ask=do.whisper,
    post="/helix/whispers",
    accepted=do.whispers_of_ours,
)
DISCORD = Case(
    "discord one channel",
    "discord",
    Surface.COMMENT,
    lambda: Discord(discord_kit.TOKEN),
    do.on_discord,
    lambda discord: None,
    lambda discord, hook, n: do.write_on_discord(discord, discord_kit.CHANNEL, n),
    "/api/v10/channels/",
    lambda discord: len(discord.posted()),
    ready=lambda discord: discord.sessions,
)
TELEGRAM = Case(
    "telegram comments",
    "telegram",
    Surface.COMMENT,
    do.counting,
    telegram_grant,
    telegram_app,
    do.comment_on_telegram,
    "/bot",
    lambda telegram: len(telegram.posted),
    ready=lambda telegram: telegram.called("getUpdates"),
)
TELEGRAM_MESSAGES = replace(
    TELEGRAM, name="telegram dm", surface=Surface.DM, ask=do.message_on_telegram, places=1_000, most=2_400
)
MASTODON = Case(
    "mastodon",
    "mastodon",
    Surface.COMMENT,
    Mastodon,
    mastodon_grant,
    lambda mastodon: None,
    do.mention_on_mastodon,
    "/api/v1/statuses",
    lambda mastodon: len(mastodon.posted),
    ready=lambda mastodon: mastodon.streaming,
)
BLUESKY = Case(
    "bluesky",
    "bluesky",
    Surface.COMMENT,
    Bluesky,
    do.on_bluesky,
    bluesky_app,
    do.mention_on_bluesky,
    "/xrpc/com.atproto.repo.putRecord",
    lambda bluesky: len(bluesky.posts_of(bluesky_kit.ME)),
    ready=lambda bluesky: len(bluesky.calls_to("/xrpc/app.bsky.notification.listNotifications")) > 1,
)
INSTAGRAM = Case(
    "instagram dm",
    "instagram",
    Surface.DM,
    do.granting(lambda: Instagram(secret=instagram_kit.SECRETS[0]), instagram_kit.TOKEN),
    lambda platform: INSTAGRAM_GRANT,
    lambda platform: instagram_kit.app(base_url=platform.url),
    do.write_to_meta,
    f"/v25.0/{instagram_kit.OWN}/messages",
    lambda platform: len(platform.posted),
    public=True,
)
FACEBOOK = replace(
    INSTAGRAM,
    name="facebook dm",
    platform="facebook",
    start=do.granting(lambda: Facebook(secret=facebook_kit.SECRETS[0]), facebook_kit.TOKEN, None),
    grant=lambda platform: FACEBOOK_GRANT,
    app=lambda platform: facebook_kit.app(base_url=platform.url),
    post=f"/v25.0/{facebook_kit.OWN}/messages",
)
THREADS = Case(
    "threads",
    "threads",
    Surface.COMMENT,
    do.on_threads,
    lambda threads: THREADS_GRANT,
    lambda threads: threads_kit.app(base_url=threads.url),
    do.reply_on_threads,
    "/v1.0/me/threads_publish",
    lambda threads: len(threads.posted),
    public=True,
)
TIKTOK = Case(
    "tiktok comments",
    "tiktok",
    Surface.COMMENT,
    TikTok,
    lambda tiktok: TIKTOK_GRANT,
    lambda tiktok: tiktok_kit.app(base_url=tiktok.url),
    lambda tiktok, hook, n: tiktok.comments(do.QUESTION, fan=f"fan_{n}"),
    "/open_api/v1.3/business/comment/reply/create/",
    lambda tiktok: len(tiktok.posted()),
)
DOUYIN = Case(
    "douyin comments",
    "douyin",
    Surface.COMMENT,
    Douyin,
    lambda douyin: DOUYIN_GRANT,
    lambda douyin: douyin_kit.app(base_url=douyin.url),
    do.comment_on_douyin,
    "/item/comment/reply/",
    lambda douyin: len(douyin.posted()),
    public=True,
)
KICK = Case(
    "kick",
    "kick",
    Surface.LIVE,
    lambda: Kick(echoes=False),  # each would be a call to a receiver that has ended by then
    lambda kick: Grant(kick_kit.CHANNEL, "creator", kick.tokens(), None, {"type": "bot"}),
    lambda kick: kick_kit.app(kick.url),
    do.say_on_kick,
    "/public/v1/chat",
    lambda kick: len(kick.posted),
    ready=lambda kick: kick.subscriptions,
    public=True,
)
X_POSTS = Case(
    "x comments",
    "x",
    Surface.COMMENT,
    X,
    do.on_x,
    lambda x: x_app(x, monthly_budget="none"),
    lambda x, hook, n: x.write(do.fan_on_x(x, n), f"@Creator {do.QUESTION}"),
    "/2/tweets",
    lambda x: len(x.written_by(x_kit.OWN)),
    ready=lambda x: len(x.subscriptions) == 7 and x.streams,
)
X_MESSAGES = replace(
    X_POSTS,
    name="x dm",
    surface=Surface.DM,
    ask=lambda x, hook, n: x.message(do.fan_on_x(x, n), x_kit.OWN, do.QUESTION),
    post="/2/dm_conversations/",
    accepted=lambda x: sum(note.sender == x_kit.OWN for note in x.notes),
)
YOUTUBE = Case(
    "youtube day",
    "youtube",
    Surface.COMMENT,
    lambda: YouTube(daily_units=do.FEW_UNITS),
    lambda youtube: youtube_grant(),
    lambda youtube: youtube_kit.app(youtube.url, daily_units=str(do.FEW_UNITS)),
    do.ask_on_youtube,
    "/youtube/v3/",
    lambda youtube: len(youtube.posted),
)

CASES: Sequence[Case] = (
    TWITCH,
    replace(TWITCH, name="twitch live, no moderator", grant=do.as_plain_user),
    DISCORD,
    replace(
        DISCORD,
        name="discord account",
        ask=lambda discord, hook, n: do.write_on_discord(discord, do.channel(n), n),
        places=do.DISCORD_CHANNELS,
        most=3_600,
    ),
    TELEGRAM,
    TELEGRAM_MESSAGES,
    replace(
        TELEGRAM_MESSAGES,
        name="telegram one chat",
        ask=lambda telegram, hook, n: do.message_on_telegram(telegram, hook, 1),
        places=1,
        in_turn=True,
    ),
    KICK,
    TIKTOK,
    replace(
        TIKTOK,
        name="tiktok dm",
        surface=Surface.DM,
        ask=do.write_on_tiktok,
        post="/open_api/v1.3/business/message/send/",
        accepted=lambda tiktok: sum(len(tiktok.sent(place)) for place in list(tiktok.creator.conversations)),
        public=True,
    ),
    DOUYIN,
    replace(
        DOUYIN,
        name="douyin dm",
        surface=Surface.DM,
        ask=do.write_on_douyin,
        post="/im/send/msg/",
        accepted=lambda douyin: sum(len(douyin.sent(place)) for place in list(douyin.creator.talks)),
        places=1_000,
    ),
    INSTAGRAM,
    replace(INSTAGRAM, name="instagram live", surface=Surface.LIVE, ask=do.say_on_instagram),
    FACEBOOK,
    MASTODON,
    X_POSTS,
    replace(X_POSTS, name="x comments, 60 times as fast", around=do.sixty_times_as_fast),
    X_MESSAGES,
    replace(X_MESSAGES, name="x dm, 60 times as fast", around=do.sixty_times_as_fast),
    replace(
        X_POSTS,
        name="x live",
        surface=Surface.LIVE,
        ask=lambda x, hook, n: x.chat(x_kit.BROADCAST, do.fan_on_x(x, n), do.QUESTION),
        post=f"/2/broadcasts/{x_kit.BROADCAST}/chat",
        accepted=lambda x: sum(line.author == x_kit.OWN for line in x.broadcasts[x_kit.BROADCAST].lines),
    ),
    BLUESKY,
)
DAYS: Sequence[Day] = (
    Day(YOUTUBE, do.units_of_youtube, asked=30),
    Day(THREADS, lambda threads: threads.replies_used(), asked=70, before=do.THREADS_BEFORE),
    Day(WHISPERS, do.whispers_of_ours, asked=50),
)
