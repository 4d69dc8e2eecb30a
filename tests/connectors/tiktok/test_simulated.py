"""Replies to a simulated TikTok: sent, found, taken back, refused, and what a fault on the way leads to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.tiktok.connector import TikTokConnector
from engage.errors import Ambiguous, ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Capabilities, LengthUnit, Outgoing, Surface
from engage.platform import Examinable, Found, Moderation, PollSource, Revocable, Settle, Subscribing
from tests.connectors.tiktok import kit
from tests.connectors.tiktok.conftest import Make
from tests.platforms.tiktok import TikTok, V

REPLY = f"{V}/business/comment/reply/create/"
REPLIES = f"{V}/business/comment/reply/list/"
SEND = f"{V}/business/message/send/"
CONTENT = f"{V}/business/message/content/list/"


def to_comment(tiktok: TikTok, text: str = "In Sintra.", comment: str = "", **changes: Any) -> Outgoing:
    name = f"{tiktok.video}:{comment or tiktok.comments('where is this?')}"
    return kit.reply(text, conversation_id=name, in_reply_to=name, **changes)


def to_message(tiktok: TikTok, text: str = "In Sintra.", **changes: Any) -> Outgoing:
    place, message = tiktok.writes("where is this?")
    return kit.message(text, conversation_id=place, in_reply_to=message, **changes)


def reply_on(tiktok: TikTok, surface: Surface, text: str = "In Sintra.", **changes: Any) -> Outgoing:
    return (to_comment if surface is Surface.COMMENT else to_message)(tiktok, text, **changes)


async def failing(connector: TikTokConnector, reply: Outgoing) -> EngageError:
    with pytest.raises(EngageError) as caught:
        await connector.send(reply)
    return caught.value


async def test_what_it_is() -> None:
    connector = TikTokConnector(kit.account("http://127.0.0.1:9"))
    await connector.close()
    assert connector.surfaces == {Surface.COMMENT, Surface.DM}, "TikTok lets nobody into LIVE chat"
    assert connector.settle is Settle.READBACK
    for protocol in (PollSource, Subscribing, Moderation, Examinable, Revocable):
        assert isinstance(connector, protocol)


@pytest.mark.parametrize("surface", sorted(TikTokConnector.surfaces))
async def test_a_reply_is_sent_and_found(tiktok: TikTok, connected: Make, surface: Surface) -> None:
    connector, reply = connected(), reply_on(tiktok, surface, first_sent_at=datetime.now(UTC))
    assert (await connector.find(reply)).found is Found.ABSENT
    receipt = await connector.send(reply)
    assert abs(receipt.sent_at - datetime.now(UTC)) < timedelta(seconds=5)
    seen = await connector.find(reply)
    assert seen.found is Found.FOUND
    assert seen.receipt is not None
    assert seen.receipt.id == receipt.id


async def test_a_comment_is_answered_in_its_thread(tiktok: TikTok, connected: Make) -> None:
    root = tiktok.comments("where is this?")
    follow_up = tiktok.comments("and when?", parent=root, fan="fan_2")
    reply = to_comment(tiktok, comment=root)
    receipt = await connected().send(kit.reply("In May.", conversation_id=reply.conversation_id, in_reply_to=follow_up))
    (posted,) = tiktok.posted()
    assert (posted["parent_comment_id"], posted["text"], posted["owner"]) == (root, "In May.", True)
    assert receipt.id == f"{tiktok.video}:{posted['comment_id']}"


async def test_a_message_goes_into_its_conversation(tiktok: TikTok, connected: Make) -> None:
    reply = to_message(tiktok, "In Sintra. 🙂")
    await connected().send(reply)
    assert tiktok.sent(reply.conversation_id) == ["In Sintra. 🙂"]


@pytest.mark.parametrize(("surface", "longest"), [(Surface.COMMENT, 150), (Surface.DM, 6000)])
async def test_the_longest_reply(tiktok: TikTok, connected: Make, surface: Surface, longest: int) -> None:
    connector, now = connected(), datetime.now(UTC)
    able = await connector.capabilities(surface, "x", now, now)
    assert (able.max_length, able.unit) == (longest, LengthUnit.CHARACTERS)
    assert not able.native_bot_label
    assert (await connector.send(reply_on(tiktok, surface, "é" * longest))).id
    assert type(await failing(connector, reply_on(tiktok, surface, "é" * (longest + 1)))) is Refused


async def test_an_operator_may_say_that_comments_are_longer() -> None:
    assert (await able_to(Surface.COMMENT, {}, comment_length=1200)).max_length == 1200
    assert (await able_to(Surface.COMMENT, {"comment_length": "1200"})).max_length == 1200
    with pytest.raises(ConfigError, match="comment_length"):
        await able_to(Surface.COMMENT, {}, comment_length="long")


# faults -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("surface", "path"), [(Surface.COMMENT, REPLY), (Surface.DM, SEND)])
class TestFault:
    async def test_an_answer_that_is_lost_is_settled_by_looking(
        self, tiktok: TikTok, connected: Make, surface: Surface, path: str
    ) -> None:
        connector, reply = connected(), reply_on(tiktok, surface, first_sent_at=datetime.now(UTC))
        tiktok.lose(path)
        assert type(await failing(connector, reply)) is Ambiguous
        assert (await connector.find(reply)).found is Found.FOUND
        assert len(tiktok.calls_to(path)) == 1

    async def test_a_cut_before_it_was_done_is_settled_by_looking(
        self, tiktok: TikTok, connected: Make, surface: Surface, path: str
    ) -> None:
        connector, reply = connected(), reply_on(tiktok, surface, first_sent_at=datetime.now(UTC))
        tiktok.cut(path)
        assert type(await failing(connector, reply)) is Ambiguous
        assert (await connector.find(reply)).found is Found.ABSENT

    async def test_an_answer_that_does_not_come(
        self, tiktok: TikTok, connected: Make, surface: Surface, path: str
    ) -> None:
        connector, reply = connected(), reply_on(tiktok, surface)
        connector._http.timeout = 0.3
        tiktok.stall(path)
        assert type(await failing(connector, reply)) is Ambiguous

    async def test_what_it_says(self, tiktok: TikTok, connected: Make, surface: Surface, path: str) -> None:
        connector, reply = connected(), reply_on(tiktok, surface)
        for tried, (status, body, error) in enumerate(kit.ERRORS, start=1):
            tiktok.fail(path, status, body)
            assert type(await failing(connector, reply)) is error, (status, body)
            assert len(tiktok.calls_to(path)) == tried, "a write is never repeated"


async def test_too_many_calls_a_minute_are_five_minutes_of_quiet(tiktok: TikTok, connected: Make) -> None:
    tiktok.a_minute = 2
    connector, reply = connected(), to_comment(tiktok)
    for _ in range(2):
        await connector.send(reply)
    error = await failing(connector, reply)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=5)
    assert len(tiktok.posted()) == 2


async def test_too_many_messages_are_a_rest_and_not_the_end_of_a_reply(tiktok: TikTok, connected: Make) -> None:
    tiktok.fail(SEND, 200, kit.said(40064, "You are sending messages too fast. Take a rest."))
    error = await failing(connected(), to_message(tiktok))
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=15)


async def test_an_ended_and_a_revoked_token(tiktok: TikTok, connected: Make) -> None:
    assert type(await failing(connected(token="act.revoked"), to_comment(tiktok))) is Unauthorized
    tiktok.creator.ends_at = 0
    error = await failing(connected(), to_comment(tiktok))
    assert type(error) is Unauthorized
    assert "40102" in str(error)


async def test_what_was_deleted_cannot_be_answered(tiktok: TikTok, connected: Make) -> None:
    connector, comment = connected(), tiktok.comments("where is this?")
    reply = to_comment(tiktok, comment=comment)
    tiktok.takes_down(comment)
    assert type(await failing(connector, reply)) is Refused
    assert (await connector.find(reply)).found is Found.UNREADABLE, "nobody can look into a thread that is gone"
    assert type(await failing(connector, kit.message(conversation_id="c+nobody=="))) is Refused


# read-back ----------------------------------------------------------------------------------------------------------


async def test_a_reply_is_found_behind_a_hundred_others(tiktok: TikTok, connected: Make) -> None:
    connector, comment = connected(), tiktok.comments("where is this?", age_s=600)
    reply = to_comment(tiktok, comment=comment, first_sent_at=datetime.now(UTC))
    receipt = await connector.send(reply)
    for n in range(100):
        tiktok.comments(f"me too {n}", parent=comment, fan=f"fan_{n}", age_s=-1)
    tiktok.withheld |= {str(row["comment_id"]) for row in list(tiktok.creator.comments.values())[-20:]}
    seen = await connector.find(reply)
    assert seen.receipt is not None
    assert seen.receipt.id == receipt.id
    assert len(tiktok.calls_to(REPLIES)) == 4


async def test_a_reply_that_tiktok_hides_as_spam_is_found(tiktok: TikTok, connected: Make) -> None:
    connector, reply = connected(), to_comment(tiktok, first_sent_at=datetime.now(UTC))
    receipt = await connector.send(reply)
    tiktok.shows(receipt.id.split(":")[1], "HIDDEN")
    assert (await connector.find(reply)).found is Found.FOUND


async def test_a_page_from_which_tiktok_withholds_something_proves_nothing(tiktok: TikTok, connected: Make) -> None:
    """What it withholds looks like spam: our own words may be it."""
    connector, comment = connected(), tiktok.comments("where is this?", age_s=900)
    for n in range(40):
        tiktok.comments(f"me too {n}", parent=comment, fan=f"fan_{n}", age_s=800)
    reply = to_comment(tiktok, comment=comment, first_sent_at=datetime.now(UTC))
    assert (await connector.find(reply)).found is Found.ABSENT
    receipt = await connector.send(reply)
    tiktok.withheld = {receipt.id.split(":")[1]}
    assert (await connector.find(reply)).found is Found.UNREADABLE


@pytest.mark.parametrize("kind", ["TEXT", "text"])
async def test_a_message_is_found_however_its_type_is_written(tiktok: TikTok, connected: Make, kind: str) -> None:
    connector, reply = connected(), to_message(tiktok, first_sent_at=datetime.now(UTC))
    row = {
        "message_id": "m9",
        "timestamp": int(datetime.now(UTC).timestamp() * 1000),
        "from_user": {"role": "BUSINESS_ACCOUNT", "id": kit.OWN},
        "message_type": kind,
        "text": {"body": reply.text},
    }
    tiktok.fail(CONTENT, 200, kit.said(0, "OK", {"messages": [row]}))
    assert (await connector.find(reply)).found is Found.FOUND


async def test_an_older_reply_with_the_same_words_is_another_one(tiktok: TikTok, connected: Make) -> None:
    comment = tiktok.comments("where is this?", age_s=900)
    tiktok.comments("In Sintra.", parent=comment, fan="", age_s=800)
    tiktok.comments("In Sintra.", parent=comment, fan="fan_2")
    reply = to_comment(tiktok, comment=comment, first_sent_at=datetime.now(UTC))
    assert (await connected().find(reply)).found is Found.ABSENT


async def test_a_conversation_that_went_on_too_far_cannot_be_read_back(tiktok: TikTok, connected: Make) -> None:
    connector, reply = connected(), to_message(tiktok, first_sent_at=datetime.now(UTC))
    await connector.send(reply)
    assert (await connector.find(reply)).found is Found.FOUND
    for n in range(20):
        tiktok.writes(f"hello {n}", age_s=-1)
    assert (await connector.find(reply)).found is Found.UNREADABLE, "TikTok shows the last twenty messages"


@pytest.mark.parametrize(("surface", "path"), [(Surface.COMMENT, REPLIES), (Surface.DM, CONTENT)])
async def test_a_platform_that_cannot_be_read_says_nothing(
    tiktok: TikTok, connected: Make, surface: Surface, path: str
) -> None:
    connector, reply = connected(), reply_on(tiktok, surface)
    tiktok.fail(path, 200, kit.said(51065, "System error"), times=3)
    assert (await connector.find(reply)).found is Found.UNREADABLE
    tiktok.fail(path, 200, kit.said(0, "OK", {"comments": [{}], "messages": [{}]}))
    assert (await connector.find(reply)).found is Found.UNREADABLE
    tiktok.fail(path, 200, kit.said(40105, "revoked"))
    with pytest.raises(Unauthorized):
        await connector.find(reply)


# taking back and hiding ---------------------------------------------------------------------------------------------


async def test_a_comment_is_taken_back(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    receipt = await connector.send(to_comment(tiktok))
    await connector.delete(receipt.id)
    await connector.delete(receipt.id)
    assert tiktok.posted() == []


async def test_neither_others_comments_nor_messages_can_be_taken_back(tiktok: TikTok, connected: Make) -> None:
    connector, theirs = connected(), tiktok.comments("where is this?")
    with pytest.raises(Refused):
        await connector.delete(f"{tiktok.video}:{theirs}")
    receipt = await connector.send(to_message(tiktok))
    with pytest.raises(Refused, match="no direct message"):
        await connector.delete(receipt.id)


async def test_a_followers_comment_is_hidden_and_shown(tiktok: TikTok, connected: Make) -> None:
    connector, comment = connected(), tiktok.comments("buy followers at …")
    name = f"{tiktok.video}:{comment}"
    for hidden, status in ((True, "HIDDEN"), (True, "HIDDEN"), (False, "PUBLIC")):
        await connector.hide(Surface.COMMENT, name, hidden=hidden)
        assert tiktok.creator.comments[comment]["status"] == status
    with pytest.raises(Refused):
        await connector.hide(Surface.DM, "m1", hidden=True)
    tiktok.takes_down(comment)
    with pytest.raises(Refused):
        await connector.hide(Surface.COMMENT, name, hidden=True)


# what an account may do ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "app", "why"),
    [
        ({"region": "DE"}, {}, "EEA, Switzerland and the UK"),
        ({"region": "gb"}, {}, "EEA, Switzerland and the UK"),
        ({"region": "CH"}, {}, "EEA, Switzerland and the UK"),
        ({"region": "NO"}, {}, "EEA, Switzerland and the UK"),
        ({"region": ""}, {}, "country of the account is not known"),
        ({"region": "US"}, {}, "US data security review"),
        ({"region": "US"}, {"us_reviewed": "yes"}, ""),
        ({"region": "BR"}, {}, ""),
        ({"business": False}, {}, "Business Account"),
        ({"scopes": ["comment.list", "comment.list.manage"]}, {}, "did not grant message.list.send"),
    ],
)
async def test_who_may_answer_messages(config: Any, app: Any, why: str) -> None:
    able = await able_to(Surface.DM, app, **config)
    assert able.may_reply is not bool(why)
    assert why in able.reason
    assert (await able_to(Surface.COMMENT, app, **config)).may_reply, "comments are open everywhere"


async def able_to(
    surface: Surface, app: dict[str, Any], after: timedelta = timedelta(0), **config: Any
) -> Capabilities:
    """What an account may do; nobody is asked."""
    now = datetime.now(UTC)
    link = replace(kit.account("http://127.0.0.1:9", **config), app=kit.app(**app))
    connector = TikTokConnector(link)
    try:
        return await connector.capabilities(surface, "c+1==", now - after, now)
    finally:
        await connector.close()


async def test_who_may_not_answer_comments() -> None:
    able = await able_to(Surface.COMMENT, {}, scopes=["comment.list"])
    assert (able.may_reply, able.reason) == (False, "the account did not grant comment.list.manage: connect it again")


async def test_the_window_of_48_hours() -> None:
    able = await able_to(Surface.DM, {}, after=timedelta(hours=47))
    assert able.may_reply
    assert able.window_ends_at is not None
    assert timedelta(minutes=59) < able.window_ends_at - datetime.now(UTC) <= timedelta(hours=1)
    able = await able_to(Surface.DM, {}, after=timedelta(hours=48))
    assert (able.may_reply, able.reason) == (False, "48 hours have passed since the follower wrote")


async def test_tiktoks_own_word_on_the_window_is_a_refusal(tiktok: TikTok, connected: Make) -> None:
    tiktok.messages_a_second = 100  # what is tested is the window's own count
    connector, reply = connected(), to_message(tiktok)
    for _ in range(10):
        await connector.send(reply)
    error = await failing(connector, reply)
    assert type(error) is Refused
    assert "40064" in str(error)
    tiktok.writes("thank you")
    assert (await connector.send(reply)).id


# the operator's side ------------------------------------------------------------------------------------------------


async def test_webhooks_are_set_for_what_the_account_may(tiktok: TikTok, connected: Make) -> None:
    callback = "https://engage.example/hooks/tiktok"
    assert await connected(region="DE").subscribe(callback) is None
    assert tiktok.webhooks == {"COMMENT": callback}
    for _ in range(2):
        await connected().subscribe(callback)
    assert tiktok.webhooks == {"COMMENT": callback, "DIRECT_MESSAGE": callback}
    with pytest.raises(Refused):
        await connected().subscribe("http://engage.example/hooks/tiktok")
    assert not [call for call in tiktok.calls if kit.SECRETS[0] in call.raw_query], "no secret stands in an address"


async def test_the_doctor_finds_nothing_wrong(tiktok: TikTok, connected: Make) -> None:
    found = await connected().examine("https://engage.example/hooks/tiktok")
    assert {one.name: one.state for one in found} == dict.fromkeys(
        ("access", "scopes", "comments", "direct messages", "webhooks"), "ok"
    )


async def test_the_doctor_says_what_is_missing(tiktok: TikTok, connected: Make) -> None:
    tiktok.creator.scopes = "user.info.basic,user.info.username,user.account.type"
    tiktok.creator.business = False
    found = {one.name: one for one in await connected().examine("")}
    assert {name: one.state for name, one in found.items()} == {
        "access": "ok",
        "scopes": "fail",
        "comments": "fail",
        "direct messages": "warn",
        "webhooks": "warn",
    }
    assert "comment.list.manage" in found["scopes"].found
    assert "personal" in found["direct messages"].found
    assert all(one.fix for one in found.values() if one.state != "ok")


async def test_the_doctor_is_refused(tiktok: TikTok, connected: Make) -> None:
    with pytest.raises(Unauthorized):
        await connected(token="act.revoked").examine("")


async def test_a_platform_that_is_away(tiktok: TikTok, connected: Make) -> None:
    tiktok.fail(f"{V}/business/get/", 502, times=3)
    with pytest.raises(Unavailable):
        await connected().examine("")
