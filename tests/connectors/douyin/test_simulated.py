"""Answers to Douyin: posted once, found again or left to their echo, taken back where it can be, refused by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.douyin.parse import parse
from engage.errors import Ambiguous, ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import EventKind, LengthUnit, Outgoing, Surface
from engage.platform import Found, Moderation, Revocable
from tests.connectors.douyin import kit
from tests.connectors.douyin.conftest import Make
from tests.platforms.douyin import Douyin

START = "/api/live_data/task/start"
REPLY, SEND, REPLIES = "/item/comment/reply/", "/im/send/msg/", "/item/comment/reply/list/"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def to_comment(douyin: Douyin, comment: str, text: str = "在辛特拉。", **more: Any) -> Outgoing:
    place = f"{douyin.video} {comment}"
    return kit.reply(text, conversation_id=place, in_reply_to=comment, first_sent_at=datetime.now(UTC), **more)


def to_message(talk: tuple[str, str], text: str = "在。", **more: Any) -> Outgoing:
    return kit.message(text, conversation_id=talk[0], in_reply_to=talk[1], first_sent_at=datetime.now(UTC), **more)


class TestComments:
    async def test_a_comment_is_answered_in_its_thread_and_found_again(self, douyin: Douyin, connected: Make) -> None:
        comment = douyin.comments("在哪里?")
        connector = connected()
        receipt = await connector.send(to_comment(douyin, comment))
        (posted,) = douyin.posted()
        assert (posted["content"], posted["root"], posted["comment_id"]) == ("在辛特拉。", comment, receipt.id)
        seen = await connector.find(to_comment(douyin, comment))
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id
        (call,) = douyin.calls_to(REPLY, "POST")
        assert (call.headers["access-token"], call.query["open_id"]) == (kit.TOKEN, kit.OWN)
        assert call.json == {"item_id": douyin.video, "comment_id": comment, "content": "在辛特拉。"}

    async def test_an_answer_to_a_reply_stands_in_the_thread(self, douyin: Douyin, connected: Make) -> None:
        root = douyin.comments("好看")
        inner = douyin.comments("是的", root)
        await connected().send(kit.reply(conversation_id=f"{douyin.video} {root}", in_reply_to=inner))
        assert [row["root"] for row in douyin.posted()] == [root]

    async def test_a_comment_on_a_comment_on_a_comment_is_answered_under_the_first(
        self, douyin: Douyin, connected: Make
    ) -> None:
        root = douyin.comments("好看")
        second = douyin.comments("是的", root)
        third = douyin.comments("在哪里?", root, to=second)
        (event,) = parse(douyin.events[-1][1], kit.OWN)
        assert event.message is not None
        assert (event.message.conversation_id, event.message.reply_to_id) == (f"{douyin.video} {root}", second)
        await connected().send(kit.reply(conversation_id=event.message.conversation_id, in_reply_to=third))
        (call,) = douyin.calls_to(REPLY, "POST")
        assert call.json["comment_id"] == root

    async def test_the_event_of_our_own_answer_is_no_message(self, douyin: Douyin, connected: Make) -> None:
        comment = douyin.comments("在哪里?")
        receipt = await connected().send(to_comment(douyin, comment))
        (event,) = parse(douyin.events[-1][1], kit.OWN)
        assert event.kind is EventKind.TAKEOVER  # which intake knows as ours by the receipt
        assert event.message is not None
        assert (event.message.id, event.message.conversation_id) == (receipt.id, f"{douyin.video} {comment}")

    async def test_the_longest_is_taken_and_one_more_is_not(self, douyin: Douyin, connected: Make) -> None:
        comment, connector = douyin.comments("?"), connected()
        able = await connector.capabilities(Surface.COMMENT, "", NOW, NOW)
        assert (able.max_length, able.unit) == (100, LengthUnit.CHARACTERS)
        await connector.send(to_comment(douyin, comment, "长" * able.max_length))
        with pytest.raises(Refused, match="2100005"):
            await connector.send(to_comment(douyin, comment, "长" * (able.max_length + 1)))
        assert len(douyin.posted()) == 1

    async def test_an_operator_who_knows_better_sets_the_length(self, connected: Make) -> None:
        able = await connected(app={"comment_length": "150"}).capabilities(Surface.COMMENT, "", NOW, NOW)
        assert able.max_length == 150
        for wrong in ("many", "5", None):
            with pytest.raises(ConfigError, match="comment_length"):
                connected(comment_length=wrong)

    async def test_a_deleted_comment_refuses_the_answer(self, douyin: Douyin, connected: Make) -> None:
        comment, connector = douyin.comments("?"), connected()
        douyin.takes_down(comment)
        with pytest.raises(Refused):
            await connector.send(to_comment(douyin, comment))
        assert (await connector.find(to_comment(douyin, comment))).found is Found.UNREADABLE

    async def test_what_was_not_posted_is_absent(self, douyin: Douyin, connected: Make) -> None:
        comment = douyin.comments("?")
        douyin.comments("在辛特拉。", comment, fan="", age_s=3600)  # the same words, long before
        assert (await connected().find(to_comment(douyin, comment))).found is Found.ABSENT

    async def test_it_is_found_on_a_later_page(self, douyin: Douyin, connected: Make) -> None:
        comment = douyin.comments("?")
        douyin.comments("在辛特拉。", comment, fan="")
        for number in range(45):
            douyin.comments(f"{number}", comment, age_s=-1)
        assert (await connected().find(to_comment(douyin, comment))).found is Found.FOUND
        assert [call.query["cursor"] for call in douyin.calls_to(REPLIES)] == ["0", "20", "40"]
        assert {call.query["sort_type"] for call in douyin.calls_to(REPLIES)} == {"time"}

    async def test_a_thread_without_end_is_unreadable(self, douyin: Douyin, connected: Make) -> None:
        comment = douyin.comments("?")
        for number in range(210):
            douyin.comments(f"{number}", comment)
        assert (await connected().find(to_comment(douyin, comment))).found is Found.UNREADABLE

    async def test_a_comment_is_neither_deleted_nor_hidden(self, douyin: Douyin, connected: Make) -> None:
        connector = connected()
        receipt = await connector.send(to_comment(douyin, douyin.comments("?")))
        before = len(douyin.calls)
        with pytest.raises(Refused, match="in the app"):
            await connector.delete(receipt.id)
        assert len(douyin.calls) == before
        assert not isinstance(connector, Moderation)

    async def test_without_the_scope_nothing_is_written(self, connected: Make) -> None:
        able = await connected(scopes=["user_info"]).capabilities(Surface.COMMENT, "", NOW, NOW)
        assert not able.may_reply
        assert "item.comment" in able.reason


class TestDirectMessages:
    async def test_a_message_is_answered(self, douyin: Douyin, connected: Make) -> None:
        talk = douyin.writes("在吗")
        receipt = await connected().send(to_message(talk))
        assert douyin.sent(talk[0]) == ["在。"]
        (call,) = douyin.calls_to(SEND)
        assert call.json == {
            "msg_id": talk[1],
            "conversation_id": talk[0],
            "to_user_id": kit.FAN,
            "scene": "im_reply_msg",
            "content": {"msg_type": 1, "text": {"text": "在。"}},
        }
        (echo,) = parse(douyin.events[-1][1], kit.OWN)
        assert echo.kind is EventKind.ECHO
        assert echo.message is not None
        assert (echo.message.id, echo.message.conversation_id, echo.message.text) == (receipt.id, talk[0], "在。")

    async def test_a_day_after_the_message_it_is_over(self, douyin: Douyin, connected: Make) -> None:
        connector, day = connected(), timedelta(hours=24)
        able = await connector.capabilities(Surface.DM, "", NOW, NOW + day - timedelta(seconds=1))
        assert able.may_reply
        assert able.window_ends_at == NOW + day
        late = await connector.capabilities(Surface.DM, "", NOW, NOW + day)
        assert not late.may_reply
        assert "24 hours" in late.reason
        with pytest.raises(Refused):
            await connector.send(to_message(douyin.writes("在吗", age_s=86_410)))

    async def test_six_answers_to_a_message_and_no_more(self, douyin: Douyin, connected: Make) -> None:
        talk, connector = douyin.writes("在吗"), connected()
        for number in range(6):
            await connector.send(to_message(talk, f"{number}"))
        with pytest.raises(Refused):
            await connector.send(to_message(talk, "7"))
        again = douyin.writes("还在吗")
        await connector.send(to_message(again, "在。"))
        assert len(douyin.sent(talk[0])) == 7

    async def test_the_longest_is_taken_and_one_more_is_not(self, douyin: Douyin, connected: Make) -> None:
        talk, connector = douyin.writes("在吗"), connected()
        able = await connector.capabilities(Surface.DM, "", NOW, NOW)
        await connector.send(to_message(talk, "长" * able.max_length))
        with pytest.raises(Refused):
            await connector.send(to_message(talk, "长" * (able.max_length + 1)))

    async def test_nobody_can_look_whether_it_was_sent(self, douyin: Douyin, connected: Make) -> None:
        talk, connector = douyin.writes("在吗"), connected()
        await connector.send(to_message(talk))
        before = len(douyin.calls)
        assert (await connector.find(to_message(talk))).found is Found.UNREADABLE
        assert len(douyin.calls) == before

    async def test_it_is_taken_back(self, douyin: Douyin, connected: Make) -> None:
        talk, connector = douyin.writes("在吗"), connected()
        receipt = await connector.send(to_message(talk))
        await connector.delete(receipt.id)
        assert douyin.sent(talk[0]) == []
        (event,) = parse(douyin.events[-1][1], kit.OWN)
        assert event.kind is EventKind.STATUS
        with pytest.raises(Refused):
            await connector.delete(receipt.id)

    @pytest.mark.parametrize(
        ("config", "reason"),
        [({"scopes": ["user_info", "item.comment"]}, "no new application"), ({"business": False}, "企业号")],
    )
    async def test_who_may_not_is_told_before_anything_is_written(
        self, connected: Make, config: dict[str, Any], reason: str
    ) -> None:
        able = await connected(**config).capabilities(Surface.DM, "", NOW, NOW)
        assert not able.may_reply
        assert reason in able.reason

    async def test_a_personal_account_is_refused_by_douyin_too(self, douyin: Douyin, connected: Make) -> None:
        douyin.creator.role = ""
        with pytest.raises(Refused, match="企业号"):
            await connected().send(to_message(douyin.writes("在吗")))


class TestLive:
    async def test_an_answer_goes_onto_the_overlay_and_not_to_douyin(self, douyin: Douyin, connected: Make) -> None:
        connector, reply = connected(), kit.live(first_sent_at=NOW)
        first, again = await connector.send(reply), await connector.send(reply)
        assert first == again
        assert (first.id, first.sent_at) == ("overlay:key-1", NOW)
        seen = await connector.find(reply)
        assert (seen.found, seen.receipt) == (Found.FOUND, first)
        await connector.delete(first.id)
        assert douyin.calls == []

    async def test_only_where_a_room_is_entered(self, connected: Make) -> None:
        able = await connected().capabilities(Surface.LIVE, f"live:{kit.ROOM}", NOW, NOW)
        assert (able.may_reply, able.native_bot_label, able.window_ends_at) == (True, False, None)
        able = await connected(app={"live_rooms": "*=somebody-else"}).capabilities(Surface.LIVE, "", NOW, NOW)
        assert not able.may_reply
        assert "live_rooms" in able.reason

    async def test_the_comments_of_a_named_room_are_asked_for(self, douyin: Douyin, connected: Make) -> None:
        douyin.mounted.add(kit.ROOM)
        connector = connected()
        for _ in range(2):  # it changes nothing where it holds
            again = await connector.subscribe("https://engage.example/hooks/douyin")
            assert again is not None
            assert timedelta(0) < again - datetime.now(UTC) <= timedelta(minutes=2)
        assert douyin.tasks == {kit.ROOM}

    async def test_a_room_without_the_mini_play_is_asked_for_again_soon(self, connected: Make) -> None:
        with pytest.raises(Unavailable, match="5003019") as caught:
            await connected().subscribe("https://engage.example/hooks/douyin")
        assert caught.value.retry_after == timedelta(minutes=1)

    async def test_a_room_that_is_not_live_hides_no_other(self, douyin: Douyin, connected: Make) -> None:
        douyin.mounted.add("2")
        rooms = f"1={kit.OWN} 2={kit.OWN} 3=somebody-else 4={kit.OWN}"
        with pytest.raises(Unavailable, match="5003019"):
            await connected(app={"live_rooms": rooms}).subscribe("")
        assert douyin.tasks == {"2"}

    async def test_a_host_who_comes_back_is_heard_again(self, douyin: Douyin, connected: Make) -> None:
        connector = connected()
        douyin.mounted.add(kit.ROOM)
        await connector.subscribe("")
        douyin.unmounts(kit.ROOM)
        with pytest.raises(Unavailable):
            await connector.subscribe("")
        douyin.mounted.add(kit.ROOM)
        await connector.subscribe("")
        assert douyin.tasks == {kit.ROOM}

    async def test_a_token_that_another_took_is_asked_for_anew(self, douyin: Douyin, connected: Make) -> None:
        douyin.mounted.add(kit.ROOM)
        douyin.fail(START, 200, {"err_no": 40022, "err_msg": "无效的AccessToken", "data": {}}, times=3)
        with pytest.raises(Unavailable, match="40022") as caught:
            await connected().subscribe("")
        assert caught.value.retry_after == timedelta(minutes=1)

    async def test_who_is_disconnected_is_pushed_no_more(self, douyin: Douyin, connected: Make) -> None:
        connector = connected()
        assert isinstance(connector, Revocable)
        douyin.mounted.add(kit.ROOM)
        await connector.subscribe("")
        with pytest.raises(Refused, match="授权管理"):  # the access itself only the creator can take back
            await connector.revoke()
        assert douyin.tasks == set()

    async def test_who_has_no_room_is_disconnected_without_a_call(self, douyin: Douyin, connected: Make) -> None:
        with pytest.raises(Refused, match="授权管理"):
            await connected(app={"live_rooms": f"*={kit.OWN}"}).revoke()
        assert douyin.calls == []

    async def test_a_wrong_secret_of_the_mini_play_is_not_the_creators_access(
        self, douyin: Douyin, connected: Make
    ) -> None:
        douyin.fail(START, 401)
        with pytest.raises(Refused, match="mini-play"):
            await connected().subscribe("")
        douyin.fail("/api/apps/v2/token", 200, {"err_no": 40017, "err_tips": "bad secret live-app-secret-9"})
        with pytest.raises(Refused, match="40017") as caught:
            await connected().subscribe("")
        assert "live-app-secret-9" not in str(caught.value)
        douyin.fail("/api/apps/v2/token", 200, {"err_no": 0, "data": {}})
        with pytest.raises(Unavailable):
            await connected().subscribe("")

    async def test_where_the_mini_play_has_a_server_of_its_own_nothing_is_asked(
        self, douyin: Douyin, connected: Make
    ) -> None:
        for config in ({"live_rooms": f"*={kit.OWN}"}, {"live_rooms": ""}, {"live_app_id": ""}):
            assert await connected(app=config).subscribe("") is None
        assert douyin.calls == []

    @pytest.mark.parametrize("entered", ["7214", "7214=", "=open-id", f"{kit.ROOM}={kit.OWN} 7215"])
    async def test_rooms_that_are_entered_wrongly_are_named(self, connected: Make, entered: str) -> None:
        with pytest.raises(ConfigError, match="live_rooms"):
            await connected(app={"live_rooms": entered}).capabilities(Surface.LIVE, "", NOW, NOW)


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.DM])
class TestDials:
    def answer(self, douyin: Douyin, surface: Surface) -> tuple[str, Outgoing]:
        if surface is Surface.COMMENT:
            return REPLY, to_comment(douyin, douyin.comments("?"))
        return SEND, to_message(douyin.writes("在吗"))

    def count(self, douyin: Douyin) -> int:
        return len(douyin.posted()) + sum(len(douyin.sent(one)) for one in douyin.creator.talks)

    @pytest.mark.parametrize(
        ("dial", "error", "posted"),
        [
            (lambda d, path: d.fail(path, 503), Ambiguous, 0),
            (lambda d, path: d.fail(path, 429, headers={"Retry-After": "7"}), RateLimited, 0),
            (lambda d, path: d.fail(path, 200, kit.said(28001005, "系统繁忙")), Ambiguous, 0),
            (lambda d, path: d.fail(path, 200, kit.said(28003018, "请求频率过高")), RateLimited, 0),
            (lambda d, path: d.fail(path, 200, kit.said(2190001, "quota已用完")), RateLimited, 0),
            (lambda d, path: d.fail(path, 200, kit.said(28001018, "应用未获得该能力")), Refused, 0),
            (lambda d, path: d.cut(path), Ambiguous, 0),
            (lambda d, path: d.lose(path), Ambiguous, 1),
        ],
        ids=["503", "429", "busy", "too-fast", "used-up", "not-opened", "cut", "lost"],
    )
    async def test_what_a_fault_leads_to(
        self, douyin: Douyin, connected: Make, surface: Surface, dial: Any, error: type[EngageError], posted: int
    ) -> None:
        path, reply = self.answer(douyin, surface)
        connector = connected()
        dial(douyin, path)
        with pytest.raises(EngageError) as caught:
            await connector.send(reply)
        assert type(caught.value) is error
        assert self.count(douyin) == posted
        if surface is Surface.COMMENT and error is Ambiguous:
            seen = await connector.find(reply)
            assert seen.found is (Found.FOUND if posted else Found.ABSENT)

    async def test_how_long_to_wait(self, douyin: Douyin, connected: Make, surface: Surface) -> None:
        path, reply = self.answer(douyin, surface)
        waits = {28003070: timedelta(minutes=1), 28003017: timedelta(hours=1)}
        for code, wait in waits.items():
            douyin.fail(path, 200, kit.said(code))
            with pytest.raises(RateLimited) as caught:
                await connected().send(reply)
            assert caught.value.retry_after == wait

    async def test_an_access_that_ended(self, douyin: Douyin, connected: Make, surface: Surface) -> None:
        _, reply = self.answer(douyin, surface)
        douyin.creator.ends_at = 0
        with pytest.raises(Unauthorized, match="2190008"):
            await connected().send(reply)
        with pytest.raises(Unauthorized):
            await connected(token="act.another0token0altogether").send(reply)
        assert self.count(douyin) == 0


async def test_a_read_is_tried_again(douyin: Douyin, connected: Make) -> None:
    comment = douyin.comments("?")
    douyin.fail(REPLIES, 502, times=2)
    assert (await connected().find(to_comment(douyin, comment))).found is Found.ABSENT
    douyin.fail(REPLIES, 502, times=3)
    assert (await connected().find(to_comment(douyin, comment))).found is Found.UNREADABLE
    douyin.creator.ends_at = 0
    with pytest.raises(Unauthorized):
        await connected().find(to_comment(douyin, comment))
