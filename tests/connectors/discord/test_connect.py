"""A creator enters a bot's token."""

from typing import Any

import pytest

from connectors.discord.connect import CONNECT
from connectors.discord.places import Places
from engage.errors import ConfigError, EngageError, Refused, Retryable
from engage.grants import Entry
from engage.platform import AccountLink, App
from tests.connectors.discord import kit
from tests.platforms.discord import Discord


def app(discord: Discord, **config: Any) -> App:
    return App("discord", {"base_url": discord.url, **config})


async def test_a_token_opens_its_bot(discord: Discord) -> None:
    assert isinstance(CONNECT, Entry)
    entered = {
        "bot_token": f" Bot {kit.TOKEN} ",
        "channels": f"{kit.CHANNEL}, {kit.ELSEWHERE}",
        "live_channels": kit.LIVE,
        "creator_user_ids": "",
    }
    [grant] = await CONNECT.grant(app(discord, application_id=kit.APPLICATION), entered)
    assert (grant.platform_user_id, grant.handle, grant.expires_at) == (kit.BOT, "ada-avatar", None)
    assert grant.credentials == {"bot_token": kit.TOKEN}
    assert grant.config == {"channels": [kit.CHANNEL, kit.ELSEWHERE], "live_channels": [kit.LIVE]}
    places = Places.of(AccountLink("a", kit.BOT, config=grant.config))
    assert places.followed == {kit.CHANNEL, kit.ELSEWHERE, kit.LIVE}
    assert places.live == {kit.LIVE}


@pytest.mark.parametrize("token", ["", "two words", "MTEwMDAw.none.such-token_at_all"])
async def test_what_opens_nothing_is_refused(discord: Discord, token: str) -> None:
    with pytest.raises(Refused, match="token"):
        await CONNECT.grant(app(discord), {"bot_token": token})


async def test_the_bot_of_another_application_is_refused(discord: Discord) -> None:
    with pytest.raises(Refused, match="belongs to the application"):
        await CONNECT.grant(app(discord, application_id="1100000000000000009"), {"bot_token": kit.TOKEN})


async def test_a_persons_token_is_refused(discord: Discord) -> None:
    discord.fail("/api/v10/users/@me", 200, {"id": kit.CREATOR, "username": "ada"})
    with pytest.raises(Refused, match="bots only"):
        await CONNECT.grant(app(discord), {"bot_token": kit.TOKEN})


async def test_an_outage_may_be_tried_again_and_shows_no_token(discord: Discord) -> None:
    discord.fail("/api/v10/users/@me", 503, times=3)
    with pytest.raises(Retryable) as caught:
        await CONNECT.grant(app(discord), {"bot_token": kit.TOKEN})
    assert kit.TOKEN not in str(caught.value)


async def test_a_mistyped_channel_is_named_at_once(discord: Discord) -> None:
    with pytest.raises(EngageError, match="channels"):
        await CONNECT.grant(app(discord), {"bot_token": kit.TOKEN, "channels": "#general"})
    with pytest.raises(ConfigError, match="Developer Mode"):
        Places.of(AccountLink("a", kit.BOT, config={"live_channels": 5}))
