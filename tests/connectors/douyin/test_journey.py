"""The whole way: a follower writes, the worker answers, Douyin (or the overlay) has the reply."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engage.grants import Grant
from engage.ledger.tables import conversations, deliveries, replies
from engage.models import Mode
from tests.connectors.douyin import kit
from tests.platforms.douyin import Douyin
from tests.platforms.journey import QUESTION, Journey, journey

GRANT = Grant(
    kit.OWN,
    "小林",
    {"access_token": kit.TOKEN, "refresh_token": kit.REFRESH},
    datetime.now(UTC) + timedelta(days=15),
    {"scopes": kit.SCOPES, "business": True},
)


async def human_until(j: Journey) -> list[object]:
    return [row.human_until for row in await j.rows(conversations)]


async def test_questions_are_answered_everywhere(tmp_path: Path, douyin: Douyin) -> None:
    douyin.tasks.add(kit.ROOM)
    async with journey(tmp_path, "douyin", GRANT, kit.app(base_url=douyin.url)) as j:
        assert j.hook.endswith("/hooks/douyin")
        assert douyin.prove(j.hook).json() == {"challenge": 12345}
        comment = douyin.comments(QUESTION)
        for as_text in (True, False):  # Douyin delivers at least once
            assert douyin.deliver(j.hook, as_text=as_text).status_code == 200
        place, message = douyin.writes(QUESTION, fan="fan-2")
        assert douyin.deliver(j.hook, secret=kit.SECRETS[1]).status_code == 200  # signed with the secret of before
        spoken = douyin.speaks(QUESTION, kit.ROOM)
        douyin.speaks("大家好", kit.ROOM, viewer=kit.ANCHOR)
        said = list(douyin.spoken)
        assert douyin.push(j.hook, kit.ROOM, repeated=True).status_code == 200
        douyin.spoken = said
        assert douyin.push(j.hook, kit.ROOM).status_code == 200, "Douyin may push a comment again"
        assert sum("engage.live_comment" in str(row.body) for row in await j.rows(deliveries)) == 2
        reply = await j.answered(comment)
        (posted,) = douyin.posted()
        assert (posted["content"], posted["root"], posted["comment_id"]) == (reply.text, comment, reply.receipt_id)
        assert douyin.sent(place) == [(await j.answered(message)).text]
        shown = await j.answered(spoken)
        assert shown.text
        assert shown.receipt_id == f"overlay:{shown.idempotency_key}"
        before = len(await j.rows(deliveries))
        for number, (_, payload) in enumerate(list(douyin.events)):  # our own come back, and name no application
            if payload["from_user_id"] == kit.OWN:
                assert douyin.deliver(j.hook, number).is_success
        await j.taken_in(before + 2)
        assert await human_until(j) == [None] * 3
        assert (len(douyin.posted()), len(douyin.sent(place))) == (1, 1)


async def test_a_direct_message_whose_answer_was_lost_is_settled_by_its_echo(tmp_path: Path, douyin: Douyin) -> None:
    async with journey(tmp_path, "douyin", GRANT, kit.app(base_url=douyin.url)) as j:
        douyin.lose("/im/send/msg/")
        place, message = douyin.writes(QUESTION)
        douyin.deliver(j.hook)
        await j.until(lambda: _state(j, "uncertain"), "the answer to be uncertain")
        assert douyin.deliver(j.hook).is_success
        reply = await j.answered(message)
        assert douyin.sent(place) == [reply.text], "it is not sent twice"


async def _state(j: Journey, state: str) -> bool:
    return [row.state for row in await j.rows(replies)] == [state]


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, douyin: Douyin) -> None:
    comment = douyin.comments(QUESTION)
    async with journey(tmp_path, "douyin", GRANT, kit.app(base_url=douyin.url), public=False) as j:
        reply = await j.answered(comment)
        assert [row["content"] for row in douyin.posted()] == [reply.text]


async def test_the_creator_takes_over_a_follower_takes_back_and_the_access_is_withdrawn(
    tmp_path: Path, douyin: Douyin
) -> None:
    async with journey(tmp_path, "douyin", GRANT, kit.app(base_url=douyin.url), mode=Mode.REVIEW) as j:
        _, message = douyin.writes("hello?")
        douyin.deliver(j.hook)
        await j.kept(message)
        douyin.writes_in_person("我来了")
        douyin.deliver(j.hook)
        await j.taken_in(2)
        (until,) = await human_until(j)
        assert until is not None
        douyin.recalls(message)
        douyin.deliver(j.hook)
        await j.until(lambda: _is_empty(j, message), "the message to be emptied")
        douyin.withdraws()
        douyin.deliver(j.hook)
        await j.until(lambda: _is_unauthorized(j), "the account to be paused")


async def _is_empty(j: Journey, message: str) -> bool:
    row = await j.kept(message)
    return row.deleted_at is not None and row.text == ""


async def _is_unauthorized(j: Journey) -> bool:
    return (await j.account()).state == "unauthorized"
