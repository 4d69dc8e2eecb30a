"""The whole way: a follower writes, the worker answers, and the answer stands on Discord."""

from pathlib import Path

from connectors.discord.snowflakes import join
from engage.grants import Grant
from engage.ledger.tables import conversations
from engage.models import Mode
from engage.platform import App
from tests.connectors.discord import kit
from tests.connectors.discord.conftest import DIRECT, FORUM_THREAD
from tests.platforms.discord import Discord
from tests.platforms.journey import QUESTION, journey


def grant(discord: Discord) -> Grant:
    config = dict(kit.account(discord.url).config)
    return Grant(kit.BOT, "ada-avatar", {"bot_token": kit.TOKEN}, None, config)


def app(discord: Discord) -> App:
    return App("discord", {**kit.app(discord.url).config, "public_key": discord.public_key})


PLACES = [
    (kit.ELSEWHERE, f"<@{kit.BOT}> {QUESTION}"),
    (FORUM_THREAD, QUESTION),
    (DIRECT, QUESTION),
    (kit.LIVE, QUESTION),
]


async def test_followers_are_answered_everywhere(tmp_path: Path, discord: Discord) -> None:
    async with journey(tmp_path, "discord", grant(discord), app(discord)) as j:
        await j.until(lambda: discord.sessions, "the gateway")
        asked = {}
        for number, (channel_id, said) in enumerate(PLACES):
            asked[channel_id] = discord.write(f"110000000000000010{number}", channel_id, said)
            discord.hang_up(4000)
        for channel_id, message_id in asked.items():
            reply = await j.answered(join(channel_id, message_id))
            [posted] = discord.posted(channel_id)
            assert (reply.receipt_id, reply.text) == (join(channel_id, posted["id"]), posted["content"])
            assert posted["message_reference"]["message_id"] == message_id
        await j.taken_in(2 * len(PLACES))  # their echoes, which are no person's
        assert {row.human_until for row in await j.rows(conversations)} == {None}
        assert len(discord.identified) == 1


async def test_the_creator_takes_over(tmp_path: Path, discord: Discord) -> None:
    async with journey(tmp_path, "discord", grant(discord), mode=Mode.REVIEW) as j:
        await j.until(lambda: discord.sessions, "the gateway")
        asked = discord.write(kit.FOLLOWER, kit.CHANNEL, "hello?")
        await j.kept(join(kit.CHANNEL, asked))
        discord.write(kit.CREATOR, kit.CHANNEL, "I'm here myself.")
        await j.taken_in(2)
        [row] = await j.rows(conversations)
        assert row.human_until is not None


async def test_the_creator_withdraws_the_application(tmp_path: Path, discord: Discord) -> None:
    async with journey(tmp_path, "discord", grant(discord), app(discord)) as j:
        hook = j.hook.removesuffix(f"/{j.account_id}")
        assert discord.call(hook, {"type": 1}).json() == {"type": 1}
        assert discord.call(hook, {"type": 0, "version": 1, "application_id": kit.APPLICATION}).is_success
        gone = discord.event("APPLICATION_DEAUTHORIZED", kit.FOLLOWER)
        assert discord.call(hook, gone).is_success
        await j.taken_in(1)
        assert (await j.account()).state == "active"
        gone = discord.event("APPLICATION_DEAUTHORIZED", kit.CREATOR)
        assert discord.call(hook, gone, forged=True).status_code == 401
        assert discord.call(hook, gone).is_success
        await j.taken_in(2)
        assert (await j.account()).state != "active"


async def test_a_reset_token_is_noticed(tmp_path: Path, discord: Discord) -> None:
    async with journey(tmp_path, "discord", grant(discord)) as j:
        await j.until(lambda: discord.sessions, "the gateway")
        discord.token = "another"
        discord.hang_up(4000)

        async def lost() -> bool:
            return bool((await j.account()).state != "active")

        await j.until(lost, "the account to be shown as unauthorized")
        assert (await j.account()).state == "unauthorized"
