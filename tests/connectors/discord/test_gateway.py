"""What a bot hears, whatever happens to its connection."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.discord import history, starts
from connectors.discord.connector import DiscordConnector
from connectors.discord.listening import DIRECT_MESSAGES, GUILD_MESSAGES, MESSAGE_CONTENT
from connectors.discord.sessions import REMEMBERED, Session
from connectors.discord.snowflakes import join
from engage.errors import RateLimited, Unauthorized, Unavailable
from engage.models import EventKind, Surface
from tests.connectors.discord import kit
from tests.connectors.discord.conftest import DIRECT, FORUM_THREAD
from tests.connectors.discord.hearing import Ear
from tests.platforms.discord import Discord

Make = Callable[..., DiscordConnector]
ASK_BOT = f"<@{kit.BOT}> how do you film?"


async def test_it_hears_each_surface_and_its_own_echo(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        discord.write(kit.FOLLOWER, kit.ELSEWHERE, ASK_BOT)
        discord.write(kit.FOLLOWER, DIRECT, "Do you ship to Spain?")
        discord.write(kit.FOLLOWER, kit.LIVE, "first!")
        asked = discord.write(kit.FOLLOWER, kit.CHANNEL, "How long did you wait?")
        await ear.until(lambda ear: len(ear.events) == 4)
        assert [(event.kind, event.surface) for event in ear.events] == [
            (EventKind.MESSAGE, Surface.COMMENT),
            (EventKind.MESSAGE, Surface.DM),
            (EventKind.MESSAGE, Surface.LIVE),
            (EventKind.MESSAGE, Surface.COMMENT),
        ]
        receipt = await connector.send(kit.reply(to=join(kit.CHANNEL, asked)))
        await ear.until(lambda ear: len(ear.events) == 5)
        echo = ear.events[-1]
        assert (echo.kind, echo.message and echo.message.id) == (EventKind.ECHO, receipt.id)


async def test_the_creator_takes_over(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        discord.write(kit.CREATOR, kit.CHANNEL, "I have this one.")
        await ear.until(lambda ear: ear.events)
        assert ear.events[0].kind is EventKind.TAKEOVER


async def test_edits_and_deletions_follow_their_message(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        one, two, three = (discord.write(kit.FOLLOWER, kit.CHANNEL, f"number {n}") for n in range(3))
        discord.edit(kit.CHANNEL, one, "number one")
        discord.remove(kit.CHANNEL, one)
        discord.remove(kit.CHANNEL, two, three)
        await ear.until(lambda ear: len(ear.events) == 7)
        later = [(event.kind.value, event.message and event.message.id) for event in ear.events[3:]]
        ids = [join(kit.CHANNEL, each) for each in (one, one, two, three)]
        assert later == list(zip(["edited", "deleted", "deleted", "deleted"], ids, strict=True))


async def test_what_people_tell_each_other_is_not_kept(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        discord.write(kit.FOLLOWER, kit.ELSEWHERE, "a secret among friends")
        asked = discord.write(kit.FOLLOWER, kit.ELSEWHERE, ASK_BOT)
        discord.edit(kit.ELSEWHERE, asked, "never mind, a secret")
        await ear.until(lambda ear: len(ear.events) == 2)
        assert [event.kind for event in ear.events] == [EventKind.MESSAGE, EventKind.DELETED]
        assert not [event for event in ear.raw if b"secret" in event.body]


async def test_a_thread_is_followed_with_its_channel(discord: Discord, connector: DiscordConnector) -> None:
    discord.add("1250000000000000002", parent_id=kit.ELSEWHERE)
    async with Ear(connector) as ear:
        discord.write(kit.FOLLOWER, "1250000000000000002", "not for us")
        discord.write(kit.FOLLOWER, FORUM_THREAD, "Which tripod is it?")
        discord.write(kit.FOLLOWER, FORUM_THREAD, "And the head?")
        await ear.until(lambda ear: len(ear.events) == 2)
        assert [event.surface for event in ear.events] == [Surface.COMMENT] * 2
        assert {event.message.conversation_id for event in ear.events if event.message} == {FORUM_THREAD}
    assert len(discord.calls_to(f"/api/v10/channels/{FORUM_THREAD}")) == 1


async def test_a_thread_that_cannot_be_looked_up_is_heard_later(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        discord.fail(f"/api/v10/channels/{FORUM_THREAD}", 429, {"message": "slow", "retry_after": 1, "global": False})
        discord.write(kit.FOLLOWER, FORUM_THREAD, "Which tripod is it?")
        await ear.until(lambda ear: ear.events)
        assert [type(problem) for problem in ear.problems] == [RateLimited]
        assert ear.texts == ["Which tripod is it?"]


async def test_it_asks_for_no_more_than_it_needs(discord: Discord, made: Make) -> None:
    bare = made(kit.account(discord.url, channels=[], live_channels=[]))
    async with Ear(bare) as ear:
        discord.write(kit.FOLLOWER, kit.CHANNEL, "to whom it may concern")
        discord.write(kit.FOLLOWER, kit.CHANNEL, ASK_BOT)
        await ear.until(lambda ear: ear.events)
        assert ear.texts == ["how do you film?"]
    async with Ear(made(kit.account(discord.url))):
        few = GUILD_MESSAGES | DIRECT_MESSAGES
        assert [one["intents"] for one in discord.identified] == [few, few | MESSAGE_CONTENT]


async def test_heartbeats_keep_the_connection_and_the_cursor_fresh(
    discord: Discord, connector: DiscordConnector
) -> None:
    discord.heartbeat_ms = 200
    async with Ear(connector) as ear:
        discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
        await ear.until(lambda ear: ear.events)
        told = len(ear.pages)
        await ear.until(lambda ear: len(ear.pages) >= told + 2)
        assert json.loads(ear.cursor)["seq"] in discord.beats
        assert json.loads(ear.cursor)["heard_at"] > json.loads(ear.pages[0].cursor)["heard_at"]


async def test_a_heartbeat_that_is_asked_for_comes_at_once(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        told = len(ear.pages)
        discord.ask_for_beat()
        await ear.until(lambda ear: len(ear.pages) > told)
        assert discord.beats


async def test_a_dead_connection_is_noticed_and_the_session_resumed(
    discord: Discord, connector: DiscordConnector
) -> None:
    discord.heartbeat_ms, discord.deaf = 30, True
    async with Ear(connector) as ear:
        await ear.until(lambda ear: ear.problems)
        discord.deaf = False
        discord.write(kit.FOLLOWER, kit.CHANNEL, "still there?")
        await ear.until(lambda ear: ear.events)
    assert set(discord.closed_with) == {4000}
    assert len(discord.identified) == 1
    assert discord.resumed


async def test_a_slow_ledger_does_not_look_like_a_dead_connection(
    discord: Discord, connector: DiscordConnector
) -> None:
    discord.heartbeat_ms = 500
    async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
        await anext(pages)
        await asyncio.to_thread(discord.wait_for_beats, 2)  # the second one follows an answer only
        written = discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
        async for page in pages:
            if page.events:
                break
        assert [event.key for event in page.events] == [f"message {written}"]
    assert (len(discord.identified), discord.resumed) == (1, 0)


ENDINGS: list[Callable[[Discord], None]] = [
    lambda d: d.move(),
    lambda d: d.hang_up(4000),
    lambda d: d.hang_up(1001),
    lambda d: d.hang_up(1011),
    lambda d: d.hang_up(4009),
    lambda d: d.invalidate(again=True),
]


async def test_a_hundred_reconnects_lose_nothing_and_repeat_nothing(discord: Discord, made: Make) -> None:
    ear, written = Ear(made(kit.account(discord.url))), []
    for turn in range(20):  # each with another process, which has the cursor only
        ear.connector = made(kit.account(discord.url))
        async with ear:
            for n in range(5):
                written.append(discord.write(kit.FOLLOWER, kit.CHANNEL, f"before {turn} {n}"))
                ENDINGS[(turn * 5 + n) % len(ENDINGS)](discord)
                written.append(discord.write(kit.FOLLOWER, (kit.LIVE, DIRECT)[n % 2], f"after {turn} {n}"))
                await ear.until(lambda ear: len(ear.keys) >= len(written))
        written.append(discord.write(kit.FOLLOWER, kit.CHANNEL, f"while nobody listened {turn}"))
    async with ear:
        await ear.until(lambda ear: len(ear.keys) >= len(written))
    assert ear.keys == [f"message {message_id}" for message_id in written]
    assert (len(discord.identified), discord.resumed >= 100) == (1, True)
    assert not {1000, 1001} & set(discord.closed_with), "the session would be over"


async def test_a_forgotten_session_is_read_again_and_the_rest_reported(discord: Discord, made: Make) -> None:
    before = datetime.now(UTC)
    async with Ear(made(kit.account(discord.url))) as ear:
        discord.write(kit.FOLLOWER, DIRECT, "hello")
        discord.write(kit.FOLLOWER, kit.ELSEWHERE, ASK_BOT)
        await ear.until(lambda ear: len(ear.events) == 2)
    discord.forget()
    missed = [discord.write(kit.FOLLOWER, kit.CHANNEL, f"missed {n}") for n in range(230)]
    missed.append(discord.write(kit.FOLLOWER, DIRECT, "are you there?"))
    missed.append(discord.write(kit.FOLLOWER, kit.ELSEWHERE, f"{ASK_BOT} and edit?"))
    discord.write(kit.FOLLOWER, kit.ELSEWHERE, "private talk")
    again = Ear(made(kit.account(discord.url)), ear.cursor)
    async with again:
        await again.until(lambda ear: EventKind.STATUS in [event.kind for event in ear.events])
        gap = again.events[-1]
        assert gap.kind is EventKind.STATUS
        since, until = (datetime.fromisoformat(gap.reason.split()[at].rstrip(":")) for at in (4, 6))
        assert before.replace(microsecond=0) <= since <= until <= datetime.now(UTC)
        new = [key for key in again.keys if key not in ear.keys]
        assert sorted(new[:-1]) == sorted(f"message {message_id}" for message_id in missed)
        surfaces = {event.message.text: event.surface for event in again.events if event.message}
        assert surfaces["are you there?"] is Surface.DM
        assert surfaces["how do you film? and edit?"] is Surface.COMMENT
        assert "private talk" not in surfaces
        discord.write(kit.FOLLOWER, kit.CHANNEL, "after it")
        await again.until(lambda ear: ear.texts[-1:] == ["after it"])
    assert len(discord.identified) == 2


async def test_a_gap_is_reported_once_and_not_before_all_is_read(discord: Discord, made: Make) -> None:
    async with Ear(made(kit.account(discord.url))) as ear:
        discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
        await ear.until(lambda ear: ear.events)
    discord.forget()
    saved = ear.cursor
    page = await anext(made(kit.account(discord.url)).listen(saved))  # and there the process is killed
    assert page.cursor == saved
    again = Ear(made(kit.account(discord.url)), page.cursor)
    async with again:
        await again.until(lambda ear: EventKind.STATUS in [event.kind for event in ear.events])
    async with again:
        discord.write(kit.FOLLOWER, kit.CHANNEL, "later")
        await again.until(lambda ear: "later" in ear.texts)
    assert [event.kind for event in again.events].count(EventKind.STATUS) == 1


async def test_reading_again_waits_out_limits_and_names_what_it_may_not_read(discord: Discord, made: Make) -> None:
    async with Ear(made(kit.account(discord.url))) as ear:
        pass
    discord.forget()
    discord.channels[kit.LIVE].view = False
    missed = discord.write(kit.FOLLOWER, kit.CHANNEL, "missed")
    slow = {"message": "slow down", "retry_after": 0.01, "global": False}
    discord.fail(f"/api/v10/channels/{kit.CHANNEL}/messages", 429, slow, times=2)
    again = Ear(made(kit.account(discord.url)), ear.cursor)
    async with again:
        await again.until(lambda ear: EventKind.STATUS in [event.kind for event in ear.events])
    assert f"message {missed}" in again.keys
    assert f"not readable: {kit.LIVE}" in again.events[-1].reason


async def test_where_the_session_lives_may_be_away(discord: Discord, made: Make, unused_tcp_port: int) -> None:
    async with Ear(made(kit.account(discord.url))) as ear:
        pass
    elsewhere = {**json.loads(ear.cursor), "url": f"ws://127.0.0.1:{unused_tcp_port}"}
    discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
    async with Ear(made(kit.account(discord.url)), json.dumps(elsewhere)) as again:
        await again.until(lambda ear: ear.texts == ["hello"])
    assert (len(discord.identified), discord.resumed) == (1, 1)


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", "[]", '{"id": "s1", "heard_in": []}'])
async def test_an_unreadable_cursor_begins_a_session(discord: Discord, made: Make, cursor: str) -> None:
    async with Ear(made(kit.account(discord.url)), cursor) as ear:
        discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
        await ear.until(lambda ear: ear.texts == ["hello"])
    assert (len(discord.identified), discord.resumed) == (1, 0)


async def test_a_seq_that_discord_does_not_know_begins_a_session(discord: Discord, made: Make) -> None:
    async with Ear(made(kit.account(discord.url))) as ear:
        pass
    wrong = {**json.loads(ear.cursor), "seq": 99}
    async with Ear(made(kit.account(discord.url)), json.dumps(wrong)) as again:
        await again.until(lambda ear: ear.events)
        assert again.events[0].kind is EventKind.STATUS
    assert len(discord.identified) == 2


async def problem(connector: DiscordConnector, cursor: str = "") -> Any:
    with pytest.raises((Unavailable, RateLimited, Unauthorized)) as caught:
        await Ear(connector, cursor).once()
    assert kit.TOKEN not in str(caught.value)
    return caught.value


async def test_a_token_that_was_reset_ends_the_access(discord: Discord, connector: DiscordConnector) -> None:
    async with Ear(connector) as ear:
        pass
    discord.token = "another"
    assert isinstance(await problem(connector, ear.cursor), Unauthorized)  # by close code 4004
    assert isinstance(await problem(connector), Unauthorized)  # by the answer to GET /gateway/bot


async def test_a_missing_intent_names_the_screen_and_is_not_tried_all_the_time(
    discord: Discord, connector: DiscordConnector
) -> None:
    discord.content_intent = False
    error = await problem(connector)
    assert "4014" in str(error)
    assert "Developer Portal, page Bot, Privileged Gateway Intents" in str(error)
    assert error.retry_after >= timedelta(minutes=10)


@pytest.mark.parametrize("code", [4010, 4011, 4012, 4013])
async def test_what_connecting_again_cannot_help_is_left_alone(
    discord: Discord, connector: DiscordConnector, code: int
) -> None:
    async with Ear(connector) as ear:
        discord.hang_up(code)
        await ear.until(lambda ear: ear.problems)
        assert str(code) in str(ear.problems[0])
        assert ear.problems[0].retry_after == timedelta(minutes=10)


async def test_the_last_starts_of_a_day_are_not_used(discord: Discord, connector: DiscordConnector) -> None:
    discord.starts_left = 20
    error = await problem(connector)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(hours=1)
    assert discord.identified == []


async def test_a_days_starts_are_spread(discord: Discord, connector: DiscordConnector) -> None:
    discord.starts_left, discord.starts_reset = 850, starts.DAY.total_seconds()
    error = await problem(connector)
    assert isinstance(error, RateLimited)
    assert timedelta(hours=1) < error.retry_after < timedelta(hours=2)
    assert discord.identified == []
    discord.starts_reset /= 2  # at noon so many are in order
    async with Ear(connector):
        assert len(discord.identified) == 1


async def test_a_loop_of_new_sessions_is_slowed_down(
    discord: Discord, made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong after a session has begun: here, what was missed cannot be read."""
    monkeypatch.setattr(history, "LONGEST", timedelta())
    async with Ear(made(kit.account(discord.url))) as ear:
        discord.write(kit.FOLLOWER, FORUM_THREAD, "hello")
        await ear.until(lambda ear: ear.events)
    discord.forget()
    discord.fail(f"/api/v10/channels/{FORUM_THREAD}", 503, times=1000)
    discord.starts_left, discord.starts_reset = 1000, starts.DAY.total_seconds()
    discord.write(kit.FOLLOWER, FORUM_THREAD, "still there?")
    begun = len(discord.identified)
    again = Ear(made(kit.account(discord.url)), ear.cursor)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await again.once()
    assert len(discord.identified) - begun == 3, "each costs one"
    discord.starts_left = 890
    assert isinstance(await problem(again.connector, ear.cursor), RateLimited)


@pytest.mark.parametrize("total", [1000, 2000])
def test_no_loop_uses_a_day_up(total: int) -> None:
    now, used, most = timedelta(), 0, 0
    while now < starts.DAY:
        pause = starts.wait(total, total - used, starts.DAY - now)
        used += not pause
        now += pause or timedelta(seconds=5)
        most = max(most, used)
    assert total / 2 < most <= total - starts.KEPT


@pytest.mark.parametrize(("left", "resets_in"), [(1000, timedelta()), (1000, starts.DAY), (901, starts.DAY)])
def test_a_quiet_day_waits_for_nothing(left: int, resets_in: timedelta) -> None:
    assert starts.wait(1000, left, resets_in) == timedelta()


async def test_what_others_delete_and_edit_does_not_push_out_where_the_bot_was_spoken_to(
    discord: Discord, made: Make
) -> None:
    async with Ear(made(kit.account(discord.url))) as ear:
        discord.write(kit.FOLLOWER, DIRECT, "hello")
        for number in range(REMEMBERED + 1):
            discord.add(f"13{number:017d}")
            written = discord.write(kit.FOLLOWER, f"13{number:017d}", "to somebody else")
            discord.remove(f"13{number:017d}", written)
            discord.write(kit.CREATOR, f"13{number:017d}", "elsewhere")
        await ear.until(lambda ear: len(ear.events) == 2 * REMEMBERED + 3)
    discord.forget()
    discord.write(kit.FOLLOWER, DIRECT, "are you there?")
    again = Ear(made(kit.account(discord.url)), ear.cursor)
    async with again:
        await again.until(lambda ear: EventKind.STATUS in [event.kind for event in ear.events])
        assert "are you there?" in again.texts


async def test_another_start_at_the_same_moment_is_waited_for(discord: Discord, connector: DiscordConnector) -> None:
    discord.busy = 1
    assert (await problem(connector)).retry_after == timedelta(seconds=6)


async def test_a_session_that_may_be_resumed_later_is_not_given_up(
    discord: Discord, connector: DiscordConnector
) -> None:
    async with Ear(connector) as ear:
        pass
    discord.busy = 1
    await problem(connector, ear.cursor)
    discord.write(kit.FOLLOWER, kit.CHANNEL, "hello")
    async with Ear(connector, ear.cursor) as again:
        await again.until(lambda ear: ear.texts == ["hello"])
    assert len(discord.identified) == 1


async def test_an_outage_is_told_as_one(discord: Discord, connector: DiscordConnector) -> None:
    discord.fail("/api/v10/gateway/bot", 502, times=3)
    assert isinstance(await problem(connector), Unavailable)
    discord.fail("/api/v10/gateway/bot", 200, {"url": 5})
    assert isinstance(await problem(connector), Unavailable)


def test_the_latest_places_are_remembered() -> None:
    session = Session(heard_at=datetime.now(UTC))
    for number in range(REMEMBERED + 10):
        session = session.hearing(str(number), "7")
    session = session.hearing("15", "7")
    assert len(session.heard_in) == REMEMBERED
    assert list(session.heard_in)[-1] == "15"
    assert Session.of(session.cursor) == session
