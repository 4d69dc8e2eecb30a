"""The whole way: a follower writes, the worker answers, Facebook has the reply."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.facebook import connector
from engage.grants import Grant
from engage.ledger.tables import conversations, replies
from engage.models import Mode
from tests.connectors.facebook import kit
from tests.platforms.facebook import Facebook
from tests.platforms.journey import COMPLAINT, QUESTION, journey

GRANT = Grant(kit.OWN, "Ada Makes", {"access_token": kit.TOKEN})


async def test_followers_are_answered_on_every_surface(tmp_path: Path, platform: Facebook) -> None:
    comment = platform.add(kit.FAN, QUESTION)
    message = platform.write_message("700000000000002", QUESTION)
    entries = [platform.comment_entry(comment), platform.message_entry(message)]
    async with journey(tmp_path, "facebook", GRANT, kit.app(base_url=platform.url)) as j:
        for _ in range(2):  # Meta tells some things twice
            assert platform.call_webhook(j.hook, *entries).status_code == 200
        replies = [await j.answered(one.id) for one in (comment, message)]
        posted = {one["id"]: (one["surface"], one["to"], one["text"]) for one in platform.posted}
        assert posted == {
            replies[0].receipt_id: ("comment", comment.id, replies[0].text),
            replies[1].receipt_id: ("dm", "700000000000002", replies[1].text),
        }
        # Their echoes come back, and are no person's.
        (sent,) = [one for one in platform.messages if one.sender == kit.OWN]
        echoes = [platform.comment_entry(platform.comments[replies[0].receipt_id])]
        echoes += [platform.message_entry(sent, metadata=sent.metadata)]
        platform.call_webhook(j.hook, *echoes)
        await j.taken_in(4)
        assert {row.human_until for row in await j.rows(conversations)} == {None}


async def test_a_complaint_gets_a_line_below_it_and_for_seven_days_a_private_reply(
    tmp_path: Path, platform: Facebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = platform.add(kit.FAN, COMPLAINT)
    async with journey(tmp_path, "facebook", GRANT, kit.app(base_url=platform.url)) as j:
        for _ in range(2):
            platform.call_webhook(j.hook, platform.comment_entry(comment))
        sent = await j.over(2)
        posted = sorted((one["surface"], one["to"], one["text"]) for one in platform.posted)
        assert posted == [("comment", comment.id, sent["comment"].text), ("dm", kit.FAN, sent["dm"].text)]
        (private,) = platform.messages
        platform.call_webhook(j.hook, platform.message_entry(private, metadata=private.metadata))
        await j.taken_in(2)
        assert {row.human_until for row in await j.rows(conversations)} == {None}
        monkeypatch.setattr(connector, "PRIVATE_REPLY_WINDOW", timedelta(0))
        late = platform.add("700000000000002", COMPLAINT)
        platform.call_webhook(j.hook, platform.comment_entry(late))
        await j.answered(late.id)
        assert [row.surface for row in await j.rows(replies) if row.in_reply_to == late.id] == ["comment"]
        assert len(platform.messages) == 1


async def test_a_person_who_removes_the_app_takes_their_pages_away(tmp_path: Path, platform: Facebook) -> None:
    grant = replace(GRANT, config={"granted_by": platform.person_id})
    async with journey(tmp_path, "facebook", grant, kit.app(base_url=platform.url)) as j:
        assert platform.call_deauthorize(j.hook, platform.person_id).status_code == 200
        await j.taken_in()
        assert (await j.account()).state == "disconnected"


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, platform: Facebook) -> None:
    comment = platform.add(kit.FAN, QUESTION)
    async with journey(tmp_path, "facebook", GRANT, kit.app(base_url=platform.url), public=False) as j:
        reply = await j.answered(comment.id)
        assert platform.comments[reply.receipt_id].parent == comment.id


async def test_the_creator_takes_over_and_a_follower_edits_and_deletes(tmp_path: Path, platform: Facebook) -> None:
    async with journey(tmp_path, "facebook", GRANT, kit.app(base_url=platform.url), mode=Mode.REVIEW) as j:
        comment = platform.add(kit.FAN, "hello?")
        platform.call_webhook(j.hook, platform.comment_entry(comment))
        await j.kept(comment.id)
        platform.call_webhook(j.hook, platform.comment_entry(platform.add(kit.OWN, "It's me.", parent=comment.id)))
        await j.taken_in(2)
        (row,) = await j.rows(conversations)
        assert row.human_until is not None
        comment.text = "hello again?"
        platform.call_webhook(j.hook, platform.comment_entry(comment, "edited"))
        await j.taken_in(3)
        assert (await j.kept(comment.id)).text == "hello again?"
        platform.call_webhook(j.hook, platform.comment_entry(comment, "remove"))
        await j.taken_in(4)
        assert (await j.kept(comment.id)).deleted_at is not None
