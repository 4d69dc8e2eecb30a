"""The whole way: a follower writes, the worker answers, Threads has the reply."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.threads.connector import ThreadsConnector
from engage.grants import Grant
from engage.ledger.tables import conversations, messages, replies
from engage.models import Mode
from tests.connectors.threads import kit
from tests.platforms.journey import COMPLAINT, QUESTION, Journey, journey
from tests.platforms.threads import Threads

GRANT = Grant(kit.OWN, kit.HANDLE, {"access_token": kit.TOKEN}, datetime.now(UTC) + timedelta(days=50))


async def test_replies_and_mentions_by_webhook_are_answered_once(tmp_path: Path, platform: Threads) -> None:
    reply = platform.write(kit.FAN, QUESTION, platform.post.id)
    mention = platform.write("fan_2", f"@ada.makes {QUESTION}")
    async with journey(tmp_path, "threads", GRANT, kit.app(base_url=platform.url)) as j:
        for _ in range(2):  # Meta tells some things twice, and the poll finds them as well
            assert platform.tell(j.hook, "replies", reply).status_code == 200
            assert platform.tell(j.hook, "mentions", mention).status_code == 200
        answers = [await j.answered(one.id) for one in (reply, mention)]
        posted = {(one["id"], one["to"], one["text"]) for one in platform.posted}
        assert posted == {(row.receipt_id, row.in_reply_to, row.text) for row in answers}
        assert {row.in_reply_to for row in answers} == {reply.id, mention.id}


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, platform: Threads) -> None:
    reply = platform.write(kit.FAN, QUESTION, platform.post.id)
    complaint = platform.write("fan_2", COMPLAINT, platform.post.id)
    async with journey(tmp_path, "threads", GRANT, kit.app(base_url=platform.url), public=False) as j:
        for one in (reply, complaint):
            answer = await j.answered(one.id)
            assert platform.media[answer.receipt_id].parent == one.id
        assert {row.surface for row in await j.rows(replies)} == {"comment"}, "there is nobody to be written to"


async def test_a_lost_answer_to_the_publication_is_read_back_and_not_posted_again(
    tmp_path: Path, platform: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThreadsConnector, "readback_lag", timedelta(0))
    platform.lose("/v1.0/me/threads_publish")
    reply = platform.write(kit.FAN, QUESTION, platform.post.id)
    async with journey(tmp_path, "threads", GRANT, kit.app(base_url=platform.url), public=False) as j:
        answer = await j.answered(reply.id)
        assert [one["id"] for one in platform.posted] == [answer.receipt_id]
        assert len(platform.calls_to("/v1.0/me/threads_publish")) == 1


async def test_a_creator_who_removes_the_app_is_left_alone_at_once(tmp_path: Path, platform: Threads) -> None:
    async with journey(tmp_path, "threads", GRANT, kit.app(base_url=platform.url)) as j:
        assert platform.call_deauthorize(j.hook, kit.OWN).status_code == 200
        account = await j.until(lambda: lost(j), "the end of the access")
        assert "removed the app" in account.reason


async def lost(j: Journey) -> Any:
    account = await j.account()
    return account if account.state == "disconnected" else None


async def test_the_creator_takes_over_and_deletes_it_again(tmp_path: Path, platform: Threads) -> None:
    asked = platform.write(kit.FAN, "hello?", platform.post.id)
    mine = platform.write(kit.HANDLE, "I'm here myself.", asked.id)
    async with journey(tmp_path, "threads", GRANT, kit.app(base_url=platform.url), mode=Mode.REVIEW) as j:
        await j.kept(mine.id)
        (row,) = [one for one in await j.rows(conversations) if one.platform_id == f"{platform.post.id}:{kit.FAN}"]
        assert row.human_until is not None
        assert platform.tell(j.hook, "publish", mine).status_code == 200
        assert platform.tell(j.hook, "delete", mine).status_code == 200
        await j.taken_in(4)
        left = [one.text for one in await j.rows(messages) if one.deleted_at is None]
        assert left == ["hello?"]
