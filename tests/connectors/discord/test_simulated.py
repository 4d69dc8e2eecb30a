"""What a bot does by calls: it answers, looks for what it said, takes back and hides."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.discord.connector import DiscordConnector, nonce
from connectors.discord.snowflakes import join
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import Found
from tests.connectors.discord import kit
from tests.connectors.discord.conftest import DESCRIPTION, DIRECT, FORUM_THREAD
from tests.platforms.discord import Discord
from tests.platforms.specs import check_openapi

MESSAGES = "/api/v10/channels/"
PLACES = [
    (Surface.COMMENT, kit.CHANNEL),
    (Surface.COMMENT, FORUM_THREAD),
    (Surface.DM, DIRECT),
    (Surface.LIVE, kit.LIVE),
]


def answer(discord: Discord, channel_id: str = kit.CHANNEL, text: str = "Six weeks.", key: str = "key-1") -> Outgoing:
    """An answer to what a follower has just written."""
    asked = discord.write(kit.FOLLOWER, channel_id, "How long did you wait?")
    reply = kit.reply(text, to=join(channel_id, asked))
    return replace(reply, idempotency_key=key, first_sent_at=datetime.now(UTC))


@pytest.mark.parametrize(("surface", "channel_id"), PLACES)
async def test_an_answer_stands_under_its_message_and_is_found(
    discord: Discord, connector: DiscordConnector, surface: Surface, channel_id: str
) -> None:
    reply = replace(answer(discord, channel_id), surface=surface)
    assert (await connector.find(reply)).found is Found.ABSENT
    receipt = await connector.send(reply)
    [posted] = discord.posted(channel_id)
    assert receipt.id == join(channel_id, posted["id"])
    assert posted["message_reference"]["message_id"] == reply.in_reply_to.partition(":")[2]
    seen = await connector.find(reply)
    assert (seen.found, seen.receipt) == (Found.FOUND, receipt)


async def test_an_answer_calls_nobody(discord: Discord, connector: DiscordConnector) -> None:
    await connector.send(answer(discord, text=f"@everyone ask <@{kit.CREATOR}>"))
    assert discord.posted()[0]["allowed_mentions"] == {"parse": [], "replied_user": False}


async def test_calls_are_as_the_description_says(discord: Discord, connector: DiscordConnector) -> None:
    await connector.send(answer(discord))
    check_openapi(discord.calls_to(MESSAGES, "POST")[0], DESCRIPTION, "https://discord.com/api/v10", "/api/v10")


async def test_two_thousand_characters_pass_and_one_more_does_not(
    discord: Discord, connector: DiscordConnector
) -> None:
    able = await connector.capabilities(Surface.COMMENT, kit.CHANNEL, datetime.now(UTC), datetime.now(UTC))
    assert able.native_bot_label
    await connector.send(answer(discord, text="a" * able.max_length))
    with pytest.raises(Refused, match="2000 or fewer"):
        await connector.send(answer(discord, text="a" * (able.max_length + 1), key="key-2"))


async def test_a_second_attempt_within_minutes_posts_nothing(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    assert await connector.send(reply) == await connector.send(reply)
    assert len(discord.posted()) == 1


def test_each_reply_has_its_own_nonce() -> None:
    one, two = kit.reply(), replace(kit.reply(), idempotency_key="key-2")
    assert nonce(one) == nonce(one) != nonce(two)
    assert len(nonce(one)) == 25


async def test_a_lost_answer_is_found_again(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    discord.lose(MESSAGES, method="POST")
    with pytest.raises(Ambiguous):
        await connector.send(reply)
    seen = await connector.find(reply)
    assert seen.found is Found.FOUND
    assert seen.receipt is not None
    assert seen.receipt.id == join(kit.CHANNEL, discord.posted()[0]["id"])


async def test_a_reply_is_found_behind_hundreds_of_others(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    for number in range(250):
        discord.write(kit.FOLLOWER, kit.CHANNEL, f"me too {number}")
    await connector.send(reply)
    for _ in range(50):
        discord.write(kit.FOLLOWER, kit.CHANNEL, "and me")
    assert (await connector.find(reply)).found is Found.FOUND
    assert len(discord.calls_to(MESSAGES, "GET")) == 3


async def test_the_same_words_under_another_message_are_not_it(discord: Discord, connector: DiscordConnector) -> None:
    await connector.send(answer(discord))
    other = answer(discord, key="key-2")
    assert (await connector.find(other)).found is Found.ABSENT


async def test_a_channel_that_may_not_be_read_proves_nothing(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    await connector.send(reply)
    discord.channels[kit.CHANNEL].read_history = False
    assert (await connector.find(reply)).found is Found.UNREADABLE
    discord.channels[kit.CHANNEL].view = False
    assert (await connector.find(reply)).found is Found.UNREADABLE


async def test_a_limit_while_looking_proves_nothing(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    discord.fail(MESSAGES, 429, {"message": "slow down", "retry_after": 0.5, "global": False}, method="GET")
    assert (await connector.find(reply)).found is Found.UNREADABLE


async def test_an_answer_to_a_deleted_message_is_refused(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    discord.remove(kit.CHANNEL, reply.in_reply_to.partition(":")[2])
    with pytest.raises(Refused, match="Unknown message"):
        await connector.send(reply)
    assert discord.posted() == []


@pytest.mark.parametrize(
    ("channel_id", "trait", "says"),
    [
        (kit.CHANNEL, {"send": False}, "Send Messages"),
        (kit.CHANNEL, {"view": False}, "View Channel"),
        (kit.CHANNEL, {"read_history": False}, "Read Message History"),
        (FORUM_THREAD, {"locked": True}, "locked"),
        (DIRECT, {"blocked": True}, "takes no direct messages"),
    ],
)
async def test_a_refusal_says_what_is_missing(
    discord: Discord, connector: DiscordConnector, channel_id: str, trait: dict[str, bool], says: str
) -> None:
    reply = answer(discord, channel_id)
    for name, value in trait.items():
        setattr(discord.channels[channel_id], name, value)
    with pytest.raises(Refused, match=says):
        await connector.send(reply)


async def test_the_limit_of_a_channel_says_when_to_go_on(discord: Discord, connector: DiscordConnector) -> None:
    for number in range(5):
        await connector.send(answer(discord, key=f"key-{number}"))
    with pytest.raises(RateLimited) as caught:
        await connector.send(answer(discord, key="key-6"))
    assert caught.value.retry_after is not None
    assert timedelta() < caught.value.retry_after <= timedelta(seconds=5)
    await connector.send(answer(discord, kit.ELSEWHERE, key="key-7"))  # another channel counts by itself


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"message": "The resource is being rate limited.", "retry_after": 1336.57, "global": False}, Unavailable),
        ({"message": "You are being rate limited.", "retry_after": 64.57, "global": True}, RateLimited),
        ({"message": "You are being rate limited.", "retry_after": 4.5, "global": False}, RateLimited),
    ],
)
async def test_one_channels_long_limit_does_not_stop_the_others(
    discord: Discord, connector: DiscordConnector, body: dict[str, object], error: type[RateLimited | Unavailable]
) -> None:
    """RateLimited would make the whole account wait."""
    discord.fail(MESSAGES, 429, body)
    with pytest.raises(error) as caught:
        await connector.send(answer(discord))
    assert caught.value.retry_after == timedelta(seconds=body["retry_after"])  # type: ignore[arg-type]


async def test_an_address_that_is_shut_out_is_left_alone(discord: Discord, connector: DiscordConnector) -> None:
    discord.fail(MESSAGES, 403, "<html>error code: 1015</html>")
    with pytest.raises(Unavailable) as caught:
        await connector.send(answer(discord))
    assert caught.value.retry_after == timedelta(minutes=5)


async def test_the_global_limit_says_when_to_go_on(discord: Discord, connector: DiscordConnector) -> None:
    discord.global_limit = 1
    await connector.send(answer(discord))
    with pytest.raises(RateLimited) as caught:
        await connector.send(answer(discord, kit.ELSEWHERE, key="key-2"))
    assert caught.value.retry_after is not None


@pytest.mark.parametrize(
    ("dial", "error"),
    [
        (lambda d: d.fail(MESSAGES, 503), Ambiguous),
        (lambda d: d.cut(MESSAGES), Ambiguous),
        (lambda d: d.fail(MESSAGES, 403, "<html>error code: 1015</html>"), Unavailable),
        (lambda d: d.fail(MESSAGES, 401, {"code": 0, "message": "401: Unauthorized"}), Unauthorized),
        (lambda d: d.fail(MESSAGES, 429, {"code": 20016, "message": "slow mode", "retry_after": 3}), RateLimited),
    ],
)
async def test_what_goes_wrong_is_told_apart(
    discord: Discord, connector: DiscordConnector, dial: Callable[[Discord], None], error: type[Exception]
) -> None:
    reply = answer(discord)
    dial(discord)
    with pytest.raises(error):
        await connector.send(reply)
    assert discord.posted() == []
    assert len(discord.calls_to(MESSAGES)) == 1


async def test_a_reset_token_ends_the_access(discord: Discord, connector: DiscordConnector) -> None:
    reply = answer(discord)
    discord.token = "another"
    with pytest.raises(Unauthorized):
        await connector.send(reply)
    with pytest.raises(Unauthorized):
        await connector.find(reply)


async def test_a_reply_is_taken_back_once_or_twice(discord: Discord, connector: DiscordConnector) -> None:
    receipt = await connector.send(answer(discord))
    await connector.delete(receipt.id)
    await connector.delete(receipt.id)
    assert discord.posted() == []


async def test_a_followers_message_is_hidden_for_good(discord: Discord, connector: DiscordConnector) -> None:
    message_id = discord.write(kit.FOLLOWER, kit.CHANNEL, "spam")
    ours = join(kit.CHANNEL, message_id)
    await connector.hide(Surface.COMMENT, ours, hidden=True)
    await connector.hide(Surface.COMMENT, ours, hidden=True)
    assert message_id not in discord.channels[kit.CHANNEL].messages
    with pytest.raises(Refused, match="cannot be shown again"):
        await connector.hide(Surface.COMMENT, ours, hidden=False)


async def test_hiding_needs_the_permission_and_a_server(discord: Discord, connector: DiscordConnector) -> None:
    discord.channels[kit.CHANNEL].manage = False
    with pytest.raises(Refused, match="Manage Messages"):
        await connector.hide(
            Surface.COMMENT, join(kit.CHANNEL, discord.write(kit.FOLLOWER, kit.CHANNEL, "x")), hidden=True
        )
    with pytest.raises(Refused, match="direct message"):
        await connector.hide(Surface.DM, join(DIRECT, discord.write(kit.FOLLOWER, DIRECT, "x")), hidden=True)


async def test_what_is_no_message_of_discord_is_refused(connector: DiscordConnector) -> None:
    with pytest.raises(Refused, match="names no message"):
        await connector.delete("m_1")


async def test_doctor_sees_a_healthy_account(discord: Discord, connector: DiscordConnector) -> None:
    discord.event_url = "https://engage.example.org/hooks/discord"
    findings = await connector.examine("https://engage.example.org/hooks/discord")
    assert {finding.state for finding in findings} == {"ok"}
    assert [finding.name for finding in findings] == [
        "access",
        "message content",
        "session starts",
        "servers",
        "creator",
        f"channel {kit.CHANNEL}",
        f"channel {kit.LIVE}",
        "webhook events",
    ]
    assert not [call for call in discord.calls if call.method != "GET"]


async def test_doctor_says_what_is_wrong_and_what_to_do(discord: Discord, connector: DiscordConnector) -> None:
    discord.content_intent, discord.starts_left = False, 15
    discord.channels[kit.LIVE].view = False
    wrong = {finding.name: finding for finding in await connector.examine("https://x.example.org/hooks/discord")}
    assert wrong["message content"].state == "fail"
    assert "Privileged Gateway Intents" in wrong["message content"].fix
    assert wrong["session starts"].state == "fail"
    assert wrong[f"channel {kit.LIVE}"].state == "fail"
    assert wrong["webhook events"].state == "warn"
    assert (wrong["servers"].state, wrong["creator"].state) == ("ok", "ok")
    assert all(finding.fix for finding in wrong.values() if finding.state != "ok")


@pytest.mark.parametrize(("servers", "state"), [(2000, "ok"), (2001, "warn"), (2500, "fail")])
async def test_doctor_sees_that_one_connection_will_not_do(
    discord: Discord, connector: DiscordConnector, servers: int, state: str
) -> None:
    discord.servers = servers
    assert {one.name: one.state for one in await connector.examine("")}["servers"] == state


async def test_doctor_warns_of_strangers_servers_and_of_a_creator_who_is_not_known(
    discord: Discord, made: Callable[..., DiscordConnector]
) -> None:
    discord.public = True
    wrong = {one.name: one for one in await made(kit.account(discord.url, creator_user_ids=[])).examine("")}
    assert (wrong["servers"].state, wrong["creator"].state) == ("warn", "warn")
    assert "Public Bot" in wrong["servers"].fix
