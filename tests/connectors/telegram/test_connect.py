"""A creator enters a bot's token; and what the doctor finds out about it afterwards."""

import pytest

from connectors import connect_of
from connectors.telegram.connect import TelegramConnect
from connectors.telegram.connector import TelegramConnector
from engage.errors import Refused, Unauthorized, Unavailable
from engage.grants import Entry, Grant
from engage.platform import App, Examinable, Moderation
from tests.connectors.telegram.conftest import link
from tests.platforms.telegram import BOT_ID, BOT_TOKEN, CHANNEL, CREATOR, GROUP, Telegram


async def grant(telegram: Telegram, token: str = BOT_TOKEN, channel: str = "") -> Grant:
    app = App("telegram", {"base_url": telegram.url})
    [granted] = await TelegramConnect().grant(app, {"bot_token": token, "channel": channel})
    return granted


class TestEntering:
    def test_it_is_an_entry(self) -> None:
        assert isinstance(connect_of("telegram"), Entry)
        assert [field.name for field in TelegramConnect.account_fields if field.secret] == ["bot_token"]

    async def test_the_bot_that_a_token_opens(self, telegram: Telegram) -> None:
        granted = await grant(telegram, f"  {BOT_TOKEN}\n")
        assert (granted.platform_user_id, granted.handle) == (str(BOT_ID), "ada_answers_bot")
        assert granted.credentials["bot_token"] == BOT_TOKEN
        assert len(granted.credentials["webhook_secret"]) >= 32
        assert granted.expires_at is None
        assert granted.config == {}

    async def test_each_gets_a_secret_of_its_own(self, telegram: Telegram) -> None:
        one, two = await grant(telegram), await grant(telegram)
        assert one.credentials["webhook_secret"] != two.credentials["webhook_secret"]

    @pytest.mark.parametrize(
        "channel",
        ["@adachannel", "adachannel", "https://t.me/adachannel", "t.me/adachannel/", str(CHANNEL), str(GROUP)],
    )
    async def test_a_channel_brings_its_group_and_its_owner(self, telegram: Telegram, channel: str) -> None:
        granted = await grant(telegram, channel=channel)
        expected = {"channel_id": str(CHANNEL), "group_id": str(GROUP), "owner_id": str(CREATOR)}
        assert granted.config == expected

    @pytest.mark.parametrize(
        ("owner", "config"),
        [
            ("@AdaHerself", {"owner_name": "AdaHerself"}),
            ("https://t.me/AdaHerself", {"owner_name": "AdaHerself"}),
            (" 42 ", {"owner_id": "42"}),
            ("", {}),
        ],
    )
    async def test_whose_private_chats_it_may_answer_in(
        self, telegram: Telegram, owner: str, config: dict[str, str]
    ) -> None:
        entered = {"bot_token": BOT_TOKEN, "owner": owner}
        [granted] = await TelegramConnect().grant(App("telegram", {"base_url": telegram.url}), entered)
        assert granted.config == config

    async def test_a_channel_without_comments(self, telegram: Telegram) -> None:
        telegram.linked = False
        with pytest.raises(Refused, match="no discussion group"):
            await grant(telegram, channel="@adachannel")

    async def test_a_channel_that_the_bot_does_not_know(self, telegram: Telegram) -> None:
        with pytest.raises(Refused, match="chat not found"):
            await grant(telegram, channel="@somebodyelse")

    @pytest.mark.parametrize("token", ["", "hello", "700100200:short", f"{BOT_TOKEN}/../x", BOT_TOKEN.replace(":", "")])
    async def test_what_is_no_token_is_not_asked_for(self, telegram: Telegram, token: str) -> None:
        with pytest.raises(Refused) as caught:
            await grant(telegram, token)
        assert not telegram.calls
        assert not token or token not in str(caught.value)

    async def test_a_token_that_was_revoked(self, telegram: Telegram) -> None:
        telegram.revoked = True
        with pytest.raises(Refused, match="does not know this token") as caught:
            await grant(telegram)
        assert BOT_TOKEN not in str(caught.value)

    async def test_telegram_is_away(self, telegram: Telegram) -> None:
        telegram.fail(telegram.path("getMe"), 502, times=9)
        with pytest.raises(Unavailable):
            await grant(telegram)

    async def test_an_answer_that_is_no_bot(self, telegram: Telegram) -> None:
        telegram.me = {"id": 5, "is_bot": True, "first_name": "x"}
        with pytest.raises(Refused, match="username"):
            await grant(telegram)


class TestDoctor:
    async def found(self, connector: TelegramConnector, callback_url: str = "") -> dict[str, tuple[str, str]]:
        assert isinstance(connector, Examinable)
        assert isinstance(connector, Moderation)
        findings = await connector.examine(callback_url)
        assert all(finding.fix or finding.state == "ok" for finding in findings)
        assert all(BOT_TOKEN not in f"{finding.found} {finding.fix}" for finding in findings)
        return {finding.name: (finding.state, finding.found) for finding in findings}

    async def test_all_is_well_by_polling(self, telegram: Telegram, connector: TelegramConnector) -> None:
        found = await self.found(connector)
        assert {state for state, _ in found.values()} == {"ok"}
        assert "@ada_answers_bot" in found["access"][1]
        assert "long polling" in found["updates"][1]
        assert not telegram.called("sendMessage")
        assert not telegram.called("setWebhook")

    async def test_all_is_well_by_webhook(self, telegram: Telegram, connector: TelegramConnector) -> None:
        await connector.subscribe("https://engage.example/hooks/telegram/a1")
        found = await self.found(connector, "https://engage.example/hooks/telegram/a1")
        assert found["updates"][0] == "ok"

    async def test_a_bot_that_was_renamed_and_anybody_may_add(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.me |= {"username": "ada_replies_bot", "can_join_groups": True}
        found = await self.found(connector)
        assert (found["access"][0], found["other groups"][0]) == ("warn", "warn")
        telegram.me["id"] = 5
        assert (await self.found(connector))["access"][0] == "fail"

    async def test_secretary_mode_for_nobody_in_particular(self, telegram: Telegram) -> None:
        connector = TelegramConnector(link(telegram.url, owner_id=""))
        states = []
        for on in (True, False):
            telegram.me["can_connect_to_business"] = on
            states.append((await self.found(connector))["secretary mode"][0])
        await connector.close()
        assert states == ["warn", "ok"]

    async def test_a_webhook_that_is_not_set(self, connector: TelegramConnector) -> None:
        assert (await self.found(connector, "https://engage.example/h"))["updates"][0] == "warn"

    async def test_a_webhook_of_another_program(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.webhook = {"url": "https://other.example/a-secret-path"}
        state, said = (await self.found(connector))["updates"]
        assert state == "fail"
        assert "other.example" in said
        assert "a-secret-path" not in said

    async def test_deliveries_that_fail(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.webhook = {"url": "https://engage.example/h"}
        telegram.last_error = "Wrong response from the webhook: 502 Bad Gateway"
        telegram.allowed = ["message"]
        found = await self.found(connector, "https://engage.example/h")
        assert found["deliveries"][0] == "warn"
        assert "502" in found["deliveries"][1]
        assert found["kinds of updates"][0] == "warn"

    @pytest.mark.parametrize(
        ("membership", "sees_all", "state"),
        [
            ({"status": "administrator", "can_delete_messages": False}, False, "ok"),
            ({"status": "member"}, True, "ok"),
            ({"status": "member"}, False, "fail"),
            ({"status": "left"}, True, "fail"),
        ],
    )
    async def test_whether_the_bot_sees_comments(
        self,
        telegram: Telegram,
        connector: TelegramConnector,
        membership: dict[str, object],
        sees_all: bool,
        state: str,
    ) -> None:
        telegram.membership, telegram.me["can_read_all_group_messages"] = membership, sees_all
        assert (await self.found(connector))["comments"][0] == state

    async def test_a_token_that_was_revoked(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.revoked = True
        with pytest.raises(Unauthorized):
            await connector.examine("")
