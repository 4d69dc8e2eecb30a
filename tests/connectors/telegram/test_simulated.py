"""The connector against a simulated Telegram: every answer ends as the right receipt or error."""

from datetime import timedelta

import pytest

from connectors.telegram.connector import TelegramConnector
from connectors.telegram.limits import MAX_LENGTH
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Event, EventKind, LengthUnit, Outgoing, Surface
from engage.platform import Found, Settle
from tests.connectors.telegram.conftest import answer_to, heard, link, reply_in_bot_chat
from tests.platforms.telegram import BOT_TOKEN, CONNECTION, CREATOR, FOLLOWER, GROUP, INBOX, Telegram


async def failing(connector: TelegramConnector, reply: Outgoing) -> EngageError:
    with pytest.raises(EngageError) as caught:
        await connector.send(reply)
    assert BOT_TOKEN not in str(caught.value)
    assert BOT_TOKEN.partition(":")[2] not in str(caught.value)
    return caught.value


async def only_message(connector: TelegramConnector) -> Event:
    events, _ = await heard(connector)
    [message] = [event for event in events if event.kind is EventKind.MESSAGE]
    return message


class TestEverySurface:
    async def test_in_the_bots_own_chat(self, telegram: Telegram, connector: TelegramConnector) -> None:
        number = telegram.write("How long is the course?")
        message = await only_message(connector)
        receipt = await connector.send(answer_to(message))
        [posted] = telegram.posted
        assert posted == {"chat_id": FOLLOWER, "text": "Six weeks.", "reply_parameters": {"message_id": number}}
        assert receipt.id == f"{FOLLOWER}:{number + 1}"
        assert abs(receipt.sent_at - telegram.clock()) < timedelta(minutes=1)

    async def test_under_a_post(self, telegram: Telegram, connector: TelegramConnector) -> None:
        thread = telegram.publish("New lens day!")
        number = telegram.comment(thread, "Which one?")
        message = await only_message(connector)
        assert message.message is not None
        assert message.message.post_text == "New lens day!"
        receipt = await connector.send(answer_to(message, "The 35 mm."))
        [posted] = telegram.posted
        assert posted["chat_id"] == GROUP
        assert posted["reply_parameters"] == {"message_id": number}
        stored = telegram.messages[GROUP, int(receipt.id.partition(":")[2]), ""]
        assert stored.raw["message_thread_id"] == thread, "it stands in the post's thread"

    async def test_a_conversation_under_a_post_goes_on_in_one_place(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        thread = telegram.publish("New lens day!")
        telegram.comment(thread, "Which one?")
        first = await only_message(connector)
        receipt = await connector.send(answer_to(first, "The 35 mm."))
        telegram.comment(thread, "And the body?", to=int(receipt.id.partition(":")[2]))
        events, _ = await heard(connector)
        again = [event.message for event in events if event.kind is EventKind.MESSAGE]
        assert first.message is not None
        assert {message.conversation_id for message in again if message} == {first.message.conversation_id}
        assert again[-1] is not None
        assert again[-1].reply_to_id == receipt.id

    async def test_in_the_creators_own_chat(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write_to_creator("How long is the course?")
        message = await only_message(connector)
        receipt = await connector.send(answer_to(message))
        [posted] = telegram.posted
        assert posted["business_connection_id"] == CONNECTION
        assert receipt.id.endswith(f":{CONNECTION}")
        assert telegram.messages[FOLLOWER, int(receipt.id.split(":")[1]), CONNECTION].raw["from"]["id"] == CREATOR

    async def test_in_the_channels_direct_messages(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write_to_channel("Do you sell prints?")
        message = await only_message(connector)
        assert message.surface is Surface.DM
        await connector.send(answer_to(message, "I do."))
        [posted] = telegram.posted
        assert (posted["chat_id"], posted["direct_messages_topic_id"]) == (INBOX, FOLLOWER)

    @pytest.mark.parametrize("place", [f"topic:{GROUP}:400:{FOLLOWER}", f"bot:{FOLLOWER}:400"])
    async def test_in_a_topic(self, telegram: Telegram, connector: TelegramConnector, place: str) -> None:
        chat = GROUP if place.startswith("topic") else FOLLOWER
        number = telegram.comment(telegram.publish("New lens day!"), "Which?") if chat == GROUP else telegram.write("?")
        await connector.send(Outgoing("o1", "k", Surface.DM, place, f"{chat}:{number}", str(FOLLOWER), "Six weeks."))
        assert telegram.posted[0]["message_thread_id"] == 400

    async def test_nobody_can_say_later_whether_a_reply_is_there(self, connector: TelegramConnector) -> None:
        assert connector.settle is Settle.PARK
        assert (await connector.find(reply_in_bot_chat(1))).found is Found.UNREADABLE


class TestLength:
    @pytest.mark.parametrize("letter", ["a", "é", "😀"], ids=["ascii", "accent", "emoji"])
    async def test_the_longest_reply_is_taken_and_one_more_is_not(
        self, telegram: Telegram, connector: TelegramConnector, letter: str
    ) -> None:
        number = telegram.write("Tell me everything.")
        able = await connector.capabilities(Surface.DM, f"bot:{FOLLOWER}:", telegram.clock(), telegram.clock())
        assert able.unit is LengthUnit.UTF16
        longest = letter * (able.max_length // (2 if letter == "😀" else 1))
        assert (await connector.send(reply_in_bot_chat(number, longest))).id
        error = await failing(connector, reply_in_bot_chat(number, longest + "a"))
        assert isinstance(error, Refused)
        assert "too long" in str(error)
        assert able.max_length == MAX_LENGTH


class TestWhatEveryFaultLeadsTo:
    @pytest.fixture
    def reply(self, telegram: Telegram) -> Outgoing:
        return reply_in_bot_chat(telegram.write("How long is the course?"))

    async def test_refused_before_it_was_posted(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        telegram.fail(telegram.path("sendMessage"), 500, {"ok": False, "error_code": 500, "description": "later"})
        assert type(await failing(connector, reply)) is Ambiguous

    @pytest.mark.parametrize("dial", ["cut", "lose"])
    async def test_a_lost_answer_leaves_it_open(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing, dial: str
    ) -> None:
        getattr(telegram, dial)(telegram.path("sendMessage"))
        assert type(await failing(connector, reply)) is Ambiguous
        assert len(telegram.called("sendMessage")) == 1, "it is not sent again"
        assert len(telegram.posted) == (dial == "lose")

    async def test_an_answer_that_does_not_come(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        import httpx

        connector._api._http.timeout = httpx.Timeout(0.2)
        telegram.stall(telegram.path("sendMessage"))
        assert type(await failing(connector, reply)) is Ambiguous

    async def test_too_many(self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing) -> None:
        said = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 17"}
        telegram.fail(telegram.path("sendMessage"), 429, {**said, "parameters": {"retry_after": 17}})
        error = await failing(connector, reply)
        assert isinstance(error, RateLimited)
        assert error.retry_after == timedelta(seconds=17)

    async def test_a_token_that_was_revoked(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        telegram.revoked = True
        assert type(await failing(connector, reply)) is Unauthorized

    async def test_what_stands_in_the_path_is_no_token(self, telegram: Telegram, reply: Outgoing) -> None:
        connector = TelegramConnector(link(telegram.url, token="1:short"))
        try:
            with pytest.raises(Unauthorized):
                await connector.send(reply)
        finally:
            await connector.close()
        telegram.calls.clear()  # such a path is no method's

    async def test_an_answer_that_quotes_the_token(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        said = f"Bad Request: bot{BOT_TOKEN} and {BOT_TOKEN.partition(':')[2]} are not well"
        telegram.fail(telegram.path("sendMessage"), 400, {"ok": False, "error_code": 400, "description": said})
        assert "***" in str(await failing(connector, reply))

    async def test_a_follower_who_has_blocked_the_bot(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        telegram.blocked.add(FOLLOWER)
        error = await failing(connector, reply)
        assert isinstance(error, Refused)
        assert "blocked" in str(error)

    async def test_a_message_that_is_gone(
        self, telegram: Telegram, connector: TelegramConnector, reply: Outgoing
    ) -> None:
        telegram.write("Another one.")
        telegram.remove(FOLLOWER, int(reply.in_reply_to.partition(":")[2]))
        assert type(await failing(connector, reply)) is Refused
        assert not telegram.posted

    async def test_a_bot_that_was_removed_from_the_group(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.comment(telegram.publish("New lens day!"), "Which one?")
        message = await only_message(connector)
        telegram.membership = {"status": "kicked"}
        assert type(await failing(connector, answer_to(message))) is Refused

    @pytest.mark.parametrize("place", ["nonsense", "bot:x:", "tree:1:2"])
    async def test_a_conversation_that_is_none_of_telegrams(
        self, telegram: Telegram, connector: TelegramConnector, place: str
    ) -> None:
        error = await failing(connector, Outgoing("o1", "k", Surface.DM, place, "1:2", "3", "Hello"))
        assert isinstance(error, Refused)
        able = await connector.capabilities(Surface.DM, place, telegram.clock(), telegram.clock())
        assert not able.may_reply
        assert not telegram.calls


class TestLimits:
    async def test_twenty_in_a_minute_are_taken_in_a_group_and_one_more_is_not(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.counting = True
        telegram.comment(telegram.publish("New lens day!"), "Which one?")
        reply = answer_to(await only_message(connector))
        group = next(limit for limit in connector.limits if limit.count == 20)
        for _ in range(group.count):
            await connector.send(reply)
            telegram.pass_time(timedelta(seconds=1.2))
        error = await failing(connector, reply)
        assert isinstance(error, RateLimited)
        assert error.retry_after is not None
        telegram.pass_time(error.retry_after)
        assert await connector.send(reply)

    async def test_two_at_once_in_one_chat_are_too_many(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.counting = True
        reply = reply_in_bot_chat(telegram.write("How long is the course?"))
        await connector.send(reply)
        assert type(await failing(connector, reply)) is RateLimited


class TestSecretaryMode:
    async def test_until_when_a_reply_is_possible(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write_to_creator("How long is the course?")
        message = await only_message(connector)
        reply, at = answer_to(message), telegram.clock()
        able = await connector.capabilities(Surface.DM, reply.conversation_id, at, at)
        assert able.may_reply
        assert able.window_ends_at == at + timedelta(hours=24)
        assert not able.native_bot_label, "to the follower it is the creator who writes"
        telegram.pass_time(timedelta(hours=24, minutes=1))
        error = await failing(connector, reply)
        assert isinstance(error, Refused)
        assert "BUSINESS_PEER_USAGE_MISSING" in str(error)

    @pytest.mark.parametrize(("on", "can_reply"), [(False, True), (True, False)], ids=["off", "no-right"])
    async def test_the_creator_takes_the_right_away(
        self, telegram: Telegram, connector: TelegramConnector, on: bool, can_reply: bool
    ) -> None:
        telegram.write_to_creator("How long is the course?")
        reply, at = answer_to(await only_message(connector)), telegram.clock()
        telegram.switch_secretary(on=on, can_reply=can_reply)
        able = await connector.capabilities(Surface.DM, reply.conversation_id, at, at)
        assert not able.may_reply
        assert "creator" in able.reason
        assert isinstance(await failing(connector, reply), Refused)
        events, _ = await heard(connector)
        assert events[-1].kind is EventKind.STATUS
        assert "private chats" in events[-1].reason

    @pytest.mark.parametrize("place", [f"business:{FOLLOWER}:bc_other", f"business:{CREATOR}:{CONNECTION}"])
    async def test_chats_that_are_nobodys_to_answer(
        self, telegram: Telegram, connector: TelegramConnector, place: str
    ) -> None:
        able = await connector.capabilities(Surface.DM, place, telegram.clock(), telegram.clock())
        assert not able.may_reply
        assert able.reason

    @pytest.mark.parametrize(
        ("known", "able"),
        [
            ({}, True),
            ({"owner_id": "", "owner_name": "adaherself"}, True),
            ({"owner_id": "7"}, False),
            ({"owner_name": "adaherself2"}, False),
            ({"owner_id": ""}, False),
        ],
        ids=["by number", "by name", "another", "another name", "nobody was named"],
    )
    async def test_only_the_creators_own_chats_are_answered(
        self, telegram: Telegram, known: dict[str, str], able: bool
    ) -> None:
        """Anybody can put the bot on private chats of their own."""
        connector = TelegramConnector(link(telegram.url, **known))
        at = telegram.clock()
        found = await connector.capabilities(Surface.DM, f"business:{FOLLOWER}:{CONNECTION}", at, at)
        await connector.close()
        assert found.may_reply is able
        assert able or "not known to be the private chats of the creator" in found.reason

    @pytest.mark.parametrize("known", [{}, {"owner_id": "", "owner_name": "AdaHerself"}], ids=["by number", "by name"])
    async def test_somebody_elses_chats_are_not_the_creators(self, telegram: Telegram, known: dict[str, str]) -> None:
        connector = TelegramConnector(link(telegram.url, **known))
        telegram.creator_writes(FOLLOWER, "Hello, it is Ada")
        telegram.connected_by = 7
        telegram.switch_secretary(on=True)
        telegram.creator_writes(FOLLOWER, "Hello, it is me", user=7)
        events, _ = await heard(connector)
        await connector.close()
        assert [event.kind for event in events] == [EventKind.TAKEOVER, EventKind.STATUS, EventKind.IGNORED]
        assert all("not" in event.reason and "creator" in event.reason for event in events[1:])

    async def test_whether_it_may_reply_cannot_be_asked(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.fail(telegram.path("getBusinessConnection"), 502, times=9)
        place = f"business:{FOLLOWER}:{CONNECTION}"
        with pytest.raises(Unavailable):
            await connector.capabilities(Surface.DM, place, telegram.clock(), telegram.clock())

    async def test_the_creator_takes_over(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write_to_creator("How long is the course?")
        telegram.creator_writes(FOLLOWER, "Six weeks, see you there!")
        events, _ = await heard(connector)
        assert [event.kind for event in events] == [EventKind.MESSAGE, EventKind.TAKEOVER]
        places = {event.message.conversation_id for event in events if event.message}
        assert len(places) == 1

    async def test_our_own_reply_comes_back(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.echoes = True
        telegram.write_to_creator("How long is the course?")
        message = await only_message(connector)
        receipt = await connector.send(answer_to(message))
        events, _ = await heard(connector)
        echo = events[-1]
        assert echo.kind is EventKind.ECHO
        assert echo.message is not None
        assert message.message is not None
        assert (echo.message.id, echo.message.text) == (receipt.id, "Six weeks.")
        assert echo.message.conversation_id == message.message.conversation_id
        assert echo.message.reply_to_id == message.message.id

    async def test_the_bot_in_its_own_chat_is_marked_by_telegram(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        at = telegram.clock()
        own = await connector.capabilities(Surface.DM, f"bot:{FOLLOWER}:", at, at)
        comment = await connector.capabilities(Surface.COMMENT, f"thread:{GROUP}:300", at, at)
        assert own.native_bot_label
        assert not comment.native_bot_label
        assert not telegram.calls, "nothing had to be asked"


class TestTheCreatorUnderTheirPosts:
    async def test_answers_one_follower_and_leaves_the_others_to_the_bot(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        thread = telegram.publish("New lens day!")
        first = telegram.comment(thread, "Which one?")
        telegram.comment(thread, "What did it cost?", user=7)
        telegram.comment(thread, "The 35 mm!", user=CREATOR, to=first)
        events, _ = await heard(connector)
        places = {event.kind: [] for event in events}  # type: ignore[var-annotated]
        for event in events:
            places[event.kind] += [event.message.conversation_id] if event.message else []
        assert len(set(places[EventKind.MESSAGE])) == 2
        assert places[EventKind.TAKEOVER] == places[EventKind.MESSAGE][:1]

    async def test_a_remark_to_everybody_silences_nobody(
        self, telegram: Telegram, connector: TelegramConnector
    ) -> None:
        telegram.comment(telegram.publish("New lens day!"), "Ask me anything", user=CREATOR)
        events, _ = await heard(connector)
        assert {event.kind for event in events} == {EventKind.IGNORED}


class TestTakingBack:
    async def test_a_reply(self, telegram: Telegram, connector: TelegramConnector) -> None:
        receipt = await connector.send(reply_in_bot_chat(telegram.write("How long is the course?")))
        await connector.delete(receipt.id)
        assert not any(stored.by_bot for stored in telegram.messages.values())
        await connector.delete(receipt.id)

    async def test_a_reply_in_the_creators_own_chat(self, telegram: Telegram, connector: TelegramConnector) -> None:
        telegram.write_to_creator("How long is the course?")
        receipt = await connector.send(answer_to(await only_message(connector)))
        await connector.delete(receipt.id)
        assert not any(stored.by_bot for stored in telegram.messages.values())
        telegram.switch_secretary(on=True)
        with pytest.raises(Refused, match="not enough rights"):
            await connector.delete(receipt.id)

    async def test_after_two_days_it_stands(self, telegram: Telegram, connector: TelegramConnector) -> None:
        receipt = await connector.send(reply_in_bot_chat(telegram.write("How long is the course?")))
        telegram.pass_time(timedelta(hours=49))
        with pytest.raises(Refused, match="can't be deleted"):
            await connector.delete(receipt.id)

    async def test_a_followers_comment(self, telegram: Telegram, connector: TelegramConnector) -> None:
        number = telegram.comment(telegram.publish("New lens day!"), "Buy followers")
        message = await only_message(connector)
        assert message.message is not None
        await connector.hide(Surface.COMMENT, message.message.id, hidden=True)
        assert (GROUP, number, "") not in telegram.messages
        await connector.hide(Surface.COMMENT, message.message.id, hidden=True)
        with pytest.raises(Refused, match="cannot be shown again"):
            await connector.hide(Surface.COMMENT, message.message.id, hidden=False)

    async def test_a_comment_where_the_bot_has_no_right(self, telegram: Telegram, connector: TelegramConnector) -> None:
        number = telegram.comment(telegram.publish("New lens day!"), "Buy followers")
        telegram.membership = {"status": "member"}
        with pytest.raises(Refused):
            await connector.hide(Surface.COMMENT, f"{GROUP}:{number}", hidden=True)

    async def test_what_is_no_message_of_telegrams(self, connector: TelegramConnector) -> None:
        with pytest.raises(Refused):
            await connector.delete("nonsense")


class TestWhatPeopleChange:
    async def test_a_message_is_edited(self, telegram: Telegram, connector: TelegramConnector) -> None:
        number = telegram.write("How long is it?")
        telegram.edit(FOLLOWER, number, "How long is the course?")
        events, _ = await heard(connector)
        assert [event.kind for event in events] == [EventKind.MESSAGE, EventKind.EDITED]
        first, second = (event.message for event in events)
        assert first is not None
        assert second is not None
        assert (first.id, second.text) == (second.id, "How long is the course?")

    async def test_a_message_to_the_creator_is_deleted(self, telegram: Telegram, connector: TelegramConnector) -> None:
        number = telegram.write_to_creator("How long is the course?")
        telegram.remove(FOLLOWER, number, CONNECTION)
        events, _ = await heard(connector)
        assert [event.kind for event in events] == [EventKind.MESSAGE, EventKind.DELETED]
        assert len({event.message.id for event in events if event.message}) == 1
