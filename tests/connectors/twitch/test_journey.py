"""From a line of chat or a whisper to the posted reply, through the ledger and the workers."""

from pathlib import Path
from typing import Any

from connectors.twitch.tokens import SCOPES, WHISPERS
from engage.grants import Grant
from engage.platform import App
from tests.connectors.twitch.kit import BOT, CHANNEL, FOLLOWER
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.twitch import Twitch

ANN, BOB = "700", "701"


def grant(twitch: Twitch) -> Grant:
    config = {"scopes": [*SCOPES, WHISPERS], "bot_user_id": BOT, "bot_moderates": True, "whispers": True}
    twitch.moderators[CHANNEL] = {BOT}
    twitch.user(ANN, "ann")
    twitch.user(BOB, "bob")
    return Grant(CHANNEL, "streamer", twitch.grant(CHANNEL), None, config)


async def heard(way: Journey, twitch: Twitch) -> None:
    await way.until(lambda: sum(one.status == "enabled" for one in twitch.subscriptions) >= 5, "the subscriptions")


def of_the_bot(twitch: Twitch) -> list[str]:
    return [line.id for line in twitch.lines if line.sender == BOT]


async def test_by_webhook_chat_and_whispers_are_answered(tmp_path: Path, twitch: Twitch, application: App) -> None:
    async with journey(tmp_path, "twitch", grant(twitch), application) as way:
        await heard(way, twitch)
        asked = twitch.say(FOLLOWER, QUESTION, CHANNEL)
        reply = await way.answered(asked)
        posted = twitch.lines[-1]
        assert (posted.id, posted.reply_to, posted.text) == (reply.receipt_id, asked, reply.text)
        assert (posted.sender, posted.badge) == (BOT, True)

        whispered = twitch.whisper(ANN, CHANNEL, QUESTION)
        reply = await way.answered(whispered)
        assert twitch.whispers[-1] == (CHANNEL, ANN, reply.text)

        # A reply whose answer was lost is settled by its echo, which comes by webhook like everything else.
        twitch.lines.clear()
        twitch.lose("/helix/chat/messages")
        reply = await way.answered(twitch.say(BOB, QUESTION, CHANNEL))
        assert of_the_bot(twitch) == [reply.receipt_id], "posted once"


async def test_over_the_socket_also_after_it_was_cut(tmp_path: Path, twitch: Twitch, application: App) -> None:
    async with journey(tmp_path, "twitch", grant(twitch), application, public=False) as way:
        await heard(way, twitch)
        await way.answered(twitch.say(FOLLOWER, QUESTION, CHANNEL))
        twitch.drop_sessions()
        await way.until(lambda: not twitch.sessions, "the connection to be cut")
        await heard(way, twitch)
        await way.answered(twitch.say(ANN, QUESTION, CHANNEL))
        keys = {row.dedupe_key.split()[0] for row in await way.taken_in(5)}
        assert "gap" in keys
        assert len(of_the_bot(twitch)) == 2

        twitch.revoke(CHANNEL)

        async def stopped() -> Any:
            return (await way.account()).state == "unauthorized"

        await way.until(stopped, "the account to be stopped")
