"""From a follower's words on YouTube to the posted reply: a comment by the poll, a line of the chat by the stream."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.youtube import connector as connector_module
from engage.grants import Grant
from engage.ledger import renewals
from engage.ledger.tables import conversations
from tests.connectors.youtube import kit
from tests.platforms.journey import QUESTION, journey
from tests.platforms.youtube import ACCESS, CHANNEL, OWNER_HANDLE, REFRESH, YouTube
from workers.runtime import utc_now

QUICK = {"live_search_s": 0.1, "live_reconnect_s": 0.1}


def granted() -> Grant:
    tokens = {"access_token": ACCESS, "refresh_token": REFRESH, "webhook_secret": kit.SECRETS[0]}
    return Grant(CHANNEL, "ada", tokens, config=QUICK)


async def test_a_question_is_answered_under_a_video_and_in_the_live_chat(youtube: YouTube, tmp_path: Path) -> None:
    comment = youtube.comment(QUESTION)
    youtube.go_live()
    async with journey(tmp_path, "youtube", granted(), kit.app(youtube.url), public=False) as j:
        under_video = await j.answered(comment.id)
        line = youtube.say(QUESTION, "UClin", "@lin")
        in_chat = await j.answered(line)
        own = {row.dedupe_key for row in await j.taken_in(3)} & {in_chat.receipt_id}
        talks = {row.platform_id: row.human_until for row in await j.rows(conversations)}
    assert own, "our own line came back"
    assert talks == {f"thread:{comment.id}": None, "chat:chat1": None}, "and is nobody in person"
    by_id = {row["id"]: row for row in youtube.posted}
    assert set(by_id) == {under_video.receipt_id, in_chat.receipt_id}
    assert by_id[under_video.receipt_id]["text"] == under_video.text
    assert by_id[in_chat.receipt_id]["text"] == f"@lin {in_chat.text}"


async def test_a_live_chat_that_lasts_longer_than_its_token_goes_on_with_the_next(
    youtube: YouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the one of before it would be refused, and the account would be taken for lost."""
    monkeypatch.setattr(connector_module, "SPELL_LASTS", timedelta(seconds=0.2))
    youtube.go_live()
    first = youtube.say(QUESTION)
    async with journey(tmp_path, "youtube", granted(), kit.app(youtube.url), public=False) as j:
        await j.answered(first)
        fresh = {**granted().credentials, "access_token": "ya29.access-token-two"}
        youtube.access = {fresh["access_token"]}
        earlier = utc_now() - timedelta(minutes=10)
        await j.runtime.db.run(renewals.store, await j.account(), j.runtime.vault.lock(fresh), None, earlier)
        youtube.hang_up()
        await j.answered(youtube.say(QUESTION, "UClin", "@lin"))
        assert (await j.account()).state == "active"


async def test_whom_the_creator_answered_in_person_is_left_to_them(youtube: YouTube, tmp_path: Path) -> None:
    comment = youtube.comment(QUESTION)
    youtube.comment("Hello Tom!", CHANNEL, OWNER_HANDLE, parent=comment.id)
    async with journey(tmp_path, "youtube", granted(), kit.app(youtube.url), public=False) as j:
        await j.taken_in(2)
        [talk] = await j.rows(conversations)
        assert talk.human_until is not None
    assert youtube.posted == []


async def test_the_hub_is_answered_and_its_news_are_kept(youtube: YouTube, tmp_path: Path) -> None:
    async with journey(tmp_path, "youtube", granted(), kit.app(youtube.url)) as j:
        await j.until(lambda: youtube.subscriptions, "the hub to be asked")
        [asked, *_] = youtube.subscriptions
        assert asked["hub.callback"] == j.hook
        assert youtube.verify_hub(asked) == "c-42"
        assert youtube.push(asked, kit.body("vid2")).is_success
        assert youtube.push({**asked, "hub.secret": "of a stranger"}, kit.body("vid3")).is_error
        [kept] = await j.taken_in()
    assert kept.dedupe_key.startswith("videos vid2")
