"""How updates reach us: long polling, webhooks, and the change from one to the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import httpx
import pytest

from connectors.telegram.connector import TelegramConnector
from engage.errors import InvalidSignature, Malformed, Refused, Unauthorized, Unavailable
from engage.models import EventKind
from engage.platform import Page, RawEvent, StreamSource, Subscribing, WebhookSource
from tests.connectors.telegram.conftest import events_of, heard, link
from tests.connectors.telegram.kit import SECRETS
from tests.platforms.telegram import BOT_TOKEN, FOLLOWER, Telegram

CALLBACK = "https://engage.example/hooks/telegram/a1"


class TestLongPolling:
    async def test_what_waits_comes_at_once_and_what_is_written_later_too(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.write("First")
        async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
            first = await anext(aiter(pages))
            asked = asyncio.ensure_future(anext(aiter(pages)))
            assert await asyncio.to_thread(telegram.holding.wait, 10)
            telegram.write("Second")
            second = await asked
        texts = [event.message.text for page in (first, second) for event in _events(page) if event.message]
        assert texts == ["First", "Second"]
        assert telegram.called("getUpdates")[-1].json["timeout"] == 25

    async def test_an_update_is_confirmed_only_by_the_next_question(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.write("First")
        events, cursor = await heard(connector)
        assert len(telegram.updates) == 1, "whoever dies now gets it again"
        again, _ = await heard(connector)
        assert [event.message for event in again] == [event.message for event in events]
        later, _ = await heard(connector, cursor)
        assert later == []
        assert telegram.updates == []

    async def test_more_than_a_page(self, telegram: Telegram, connector: TelegramConnector) -> None:
        for number in range(130):
            telegram.write(f"Message {number}")
        got: list[RawEvent] = []
        async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
            async for page in pages:
                got += page.events
                if len(got) >= 130:
                    break
        assert len({event.key for event in got}) == 130

    @pytest.mark.parametrize("number", [117, 1_500_000_000], ids=["smaller", "larger"])
    async def test_after_a_quiet_week_updates_are_numbered_anew(
        self, telegram: Telegram, connector: TelegramConnector, number: int
    ) -> None:
        telegram.write("Before")
        _, cursor = await heard(connector)
        assert (await heard(connector, cursor))[0] == []
        telegram.begin_anew(number)
        telegram.write("After")
        telegram.write("And after that")
        events, cursor = await heard(connector, cursor)
        assert [event.message.text for event in events if event.message] == ["After", "And after that"]
        assert (await heard(connector, cursor))[0] == []
        assert telegram.updates == [], "they are confirmed by their own numbers"

    async def test_a_webhook_is_taken_off_first(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.webhook = {"url": "https://engage.example/old"}
        telegram.write("Hello")
        events, _ = await heard(connector)
        assert [event.kind for event in events] == [EventKind.MESSAGE]
        assert telegram.webhook == {}
        assert telegram.called("deleteWebhook")[0].json == {}, "what waits is not dropped"

    async def test_another_program_takes_the_updates(self, telegram: Telegram, connector: TelegramConnector) -> None:
        async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
            assert (await anext(aiter(pages))).events == []
            asked = asyncio.ensure_future(anext(aiter(pages)))
            assert await asyncio.to_thread(telegram.holding.wait, 10)
            async with httpx.AsyncClient() as other:
                await other.post(f"{telegram.url}{telegram.path('getUpdates')}", json={"timeout": 0})
                telegram.fail(telegram.path("getUpdates"), 409, {"description": "Conflict: again"}, times=9)
            with pytest.raises(Unavailable, match="another program") as caught:
                await asked
        assert caught.value.retry_after == timedelta(seconds=30)
        assert BOT_TOKEN not in str(caught.value)

    async def test_the_line_breaks_for_a_moment(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write("Hello")
        telegram.fail(telegram.path("getUpdates"), 502)
        telegram.cut(telegram.path("getUpdates"))
        events, _ = await heard(connector)
        assert len(events) == 1

    async def test_what_comes_is_no_list_of_updates(self, telegram: Telegram, connector: TelegramConnector) -> None:
        for body in ({"ok": True}, {"ok": True, "result": [{"message": {}}]}, {"ok": True, "result": 5}):
            telegram.fail(telegram.path("getUpdates"), 200, body)
            with pytest.raises(Unavailable):
                await heard(connector)

    async def test_a_token_that_was_revoked(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.revoked = True
        with pytest.raises(Unauthorized):
            await heard(connector)

    async def test_it_is_hung_up_without_waiting_for_the_answer(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        async def follow(pages: AsyncIterator[Page]) -> None:
            async for _ in pages:
                pass

        task = asyncio.ensure_future(follow(connector.listen("")))
        assert await asyncio.to_thread(telegram.holding.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class TestWebhooks:
    async def test_asked_for_with_a_secret(self, telegram: Telegram, connector: TelegramConnector) -> None:
        assert await connector.subscribe(CALLBACK) is None
        assert await connector.subscribe(CALLBACK) is None
        assert telegram.webhook["url"] == CALLBACK
        assert telegram.webhook["secret_token"] == SECRETS[0]
        assert {"message", "business_message", "deleted_business_messages"} <= set(telegram.allowed)

    async def test_taken_off_when_the_account_is_disconnected(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        await connector.subscribe(CALLBACK)
        with pytest.raises(Refused, match="@BotFather /revoke"):
            await connector.revoke()
        assert not telegram.webhook.get("url")

    async def test_an_address_that_telegram_does_not_take(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        with pytest.raises(Refused, match="HTTPS"):
            await connector.subscribe("ftp://engage.example/hooks/telegram/a1")

    async def test_a_delivery_is_the_same_event_as_by_polling(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.write("Hello")
        update = telegram.updates[0]
        headers = {"x-telegram-bot-api-secret-token": SECRETS[1]}
        delivered = connector.receive(headers, json.dumps(update).encode(), telegram.clock())
        async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
            polled = (await anext(aiter(pages))).events[0]
        assert delivered == polled
        assert delivered.key == str(update["update_id"])
        assert events_of(delivered)[0].kind is EventKind.MESSAGE

    def test_a_documented_secret(self, telegram: Telegram) -> None:
        """The header holds the secret as it is."""
        account = link(telegram.url)
        connector = TelegramConnector(
            type(account)(
                account.id,
                account.platform_user_id,
                account.handle,
                account.config,
                {**account.credentials, "webhook_secret": "abc_DEF-123"},
            )
        )
        body = b'{"update_id": 5, "poll": {}}'
        given = {"x-telegram-bot-api-secret-token": "abc_DEF-123"}
        assert connector.receive(given, body, telegram.clock()).key == "5"
        for wrong in ("abc_DEF-124", "abc_DEF-123 ", "", "é"):
            with pytest.raises(InvalidSignature):
                connector.receive({"x-telegram-bot-api-secret-token": wrong}, body, telegram.clock())

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"update_id": true}', b"\xff"])
    def test_what_is_no_update(self, telegram: Telegram, connector: TelegramConnector, body: bytes) -> None:
        with pytest.raises(Malformed):
            connector.receive({"x-telegram-bot-api-secret-token": SECRETS[0]}, body, telegram.clock())

    def test_nobody_else_can_say_whose_account_it_is(self, telegram: Telegram, connector: TelegramConnector) -> None:
        body = json.dumps({"update_id": 5, "engage.account": {"id": "1", "owner_id": str(FOLLOWER)}}).encode()
        kept = connector.receive({"x-telegram-bot-api-secret-token": SECRETS[0]}, body, telegram.clock())
        assert json.loads(kept.body)["engage.account"]["owner_id"] == "42"

    def test_no_challenge(self, connector: TelegramConnector) -> None:
        assert connector.challenge({"hub.challenge": "x"}) is None

    def test_it_can_do_both_and_the_listener_follows_one(self, connector: TelegramConnector) -> None:
        assert isinstance(connector, WebhookSource)
        assert isinstance(connector, StreamSource)
        assert isinstance(connector, Subscribing)
        assert connector.beside_webhooks == frozenset()
        assert connector.without_webhooks == {"stream"}


def _events(page: Page) -> list:  # type: ignore[type-arg]
    return [event for raw in page.events for event in events_of(raw)]
