"""The whole way: a follower writes, the worker answers, Instagram has the reply."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from connectors.instagram.connect import SCOPES
from engage.grants import Grant
from engage.ledger.tables import conversations, messages, replies
from engage.models import Mode
from tests.connectors.instagram import kit
from tests.platforms.instagram import SCOPED, Instagram
from tests.platforms.journey import COMPLAINT, QUESTION, journey

GRANT = Grant(
    kit.OWN,
    "ada.makes",
    {"access_token": kit.TOKEN},
    datetime.now(UTC) + timedelta(days=50),
    {"permissions": list(SCOPES)},
)


async def test_followers_are_answered_on_every_surface(tmp_path: Path, platform: Instagram) -> None:
    comment = platform.add(kit.FAN, QUESTION)
    message = platform.write_message("900000000000002", QUESTION)
    live = platform.add("900000000000003", QUESTION, post="17900000000000002")
    entries = [platform.comment_entry(comment), platform.message_entry(message), platform.comment_entry(live)]
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url)) as j:
        for _ in range(2):  # Meta tells some things twice
            assert platform.call_webhook(j.hook, *entries).status_code == 200
        replies = [await j.answered(one.id) for one in (comment, message, live)]
        posted = {one["id"]: (one["surface"], one["to"], one["text"]) for one in platform.posted}
        assert posted == {
            replies[0].receipt_id: ("comment", comment.id, replies[0].text),
            replies[1].receipt_id: ("dm", "900000000000002", replies[1].text),
            replies[2].receipt_id: ("dm", "900000000000003", replies[2].text),
        }
        # Their echoes come back, and are no person's.
        echoes = [platform.comment_entry(platform.comments[replies[0].receipt_id])]
        sent = [one for one in platform.messages if one.sender == kit.OWN]
        echoes += [platform.message_entry(one, app_id=platform.app_id) for one in sent]
        platform.call_webhook(j.hook, *echoes)
        await j.taken_in(6)
        assert {row.human_until for row in await j.rows(conversations)} == {None}


async def test_a_private_reply_that_comes_back_before_its_receipt_is_no_take_over(
    tmp_path: Path, platform: Instagram
) -> None:
    live = platform.add(kit.FAN, QUESTION, post="17900000000000002")
    platform.stall(f"/v25.0/{kit.OWN}/messages", method="POST")
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url)) as j:
        platform.call_webhook(j.hook, platform.comment_entry(live))
        (sent,) = await j.until(lambda: platform.messages, "the private reply")
        platform.call_webhook(j.hook, platform.message_entry(sent))
        await j.taken_in(2)
        assert {row.human_until for row in await j.rows(conversations)} == {None}
        platform.begin_anew()  # lets go of the call that is not answered


async def test_a_complaint_gets_a_line_below_it_and_a_private_reply_while_its_window_is_open(
    tmp_path: Path, platform: Instagram
) -> None:
    comment = platform.add(kit.FAN, COMPLAINT)
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url)) as j:
        for _ in range(2):
            platform.call_webhook(j.hook, platform.comment_entry(comment))
        sent = await j.over(2)
        posted = sorted((one["surface"], one["to"], one["text"]) for one in platform.posted)
        assert posted == [("comment", comment.id, sent["comment"].text), ("dm", kit.FAN, sent["dm"].text)]
        assert "AI avatar" in sent["dm"].text
        (private,) = platform.messages
        platform.call_webhook(j.hook, platform.message_entry(private, app_id=platform.app_id))
        await j.taken_in(2)
        assert {row.human_until for row in await j.rows(conversations)} == {None}
        # The same a week later by the platform's clock: the refusal is no reason to try again, or to doubt the account.
        platform.ahead = timedelta(days=8)
        late = platform.add("900000000000002", COMPLAINT)
        platform.comments[late.id].at -= timedelta(days=8)
        platform.call_webhook(j.hook, platform.comment_entry(late))
        await j.over(4)
        ended = {row.surface: row for row in await j.rows(replies) if row.in_reply_to == late.id}
        assert {surface: row.state for surface, row in ended.items()} == {"comment": "sent", "dm": "refused"}
        assert ended["dm"].attempts == 1
        assert len(platform.messages) == 1
        assert (await j.account()).state == "active"


async def test_a_creator_who_removes_the_app_is_left_alone_at_once(tmp_path: Path, platform: Instagram) -> None:
    grant = replace(GRANT, config={**GRANT.config, "granted_by": SCOPED})
    async with journey(tmp_path, "instagram", grant, kit.app(base_url=platform.url)) as j:
        assert platform.call_deauthorize(j.hook, SCOPED).status_code == 200
        await j.taken_in()
        assert (await j.account()).state == "disconnected"


async def test_a_worker_carries_out_a_data_deletion_request(tmp_path: Path, platform: Instagram) -> None:
    grant = replace(GRANT, config={**GRANT.config, "granted_by": SCOPED})
    async with journey(tmp_path, "instagram", grant, kit.app(base_url=platform.url)) as j:
        said = platform.call_deauthorize(j.hook.replace("/hooks/", "/erasures/"), SCOPED).json()
        await j.until(lambda: "Done" in httpx.get(said["url"]).text, "the page to tell it")
        assert (await j.account()).handle == ""


async def test_a_message_that_comes_back_before_its_receipt_is_no_take_over(
    tmp_path: Path, platform: Instagram
) -> None:
    asked = platform.write_message(kit.FAN, QUESTION)
    platform.stall(f"/v25.0/{kit.OWN}/messages", method="POST")
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url)) as j:
        platform.call_webhook(j.hook, platform.message_entry(asked))
        sent = await j.until(lambda: platform.messages[1:], "the reply")
        platform.call_webhook(j.hook, platform.message_entry(sent[0]))
        await j.taken_in(2)
        assert (await j.answered(asked.id)).receipt_id == sent[0].id
        assert {row.human_until for row in await j.rows(conversations)} == {None}
        platform.begin_anew()  # lets go of the call that is not answered


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, platform: Instagram) -> None:
    comment = platform.add(kit.FAN, QUESTION)
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url), public=False) as j:
        reply = await j.answered(comment.id)
        assert platform.comments[reply.receipt_id].parent == comment.id


async def test_the_creator_takes_over_and_a_follower_unsends(tmp_path: Path, platform: Instagram) -> None:
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url), mode=Mode.REVIEW) as j:
        message = platform.write_message(kit.FAN, "hello?")
        platform.call_webhook(j.hook, platform.message_entry(message))
        await j.kept(message.id)
        platform.call_webhook(j.hook, platform.message_entry(platform.write_by_hand(kit.FAN, "I'm here myself.")))
        await j.taken_in(2)
        (row,) = await j.rows(conversations)
        assert row.human_until is not None
        platform.call_webhook(j.hook, platform.unsent_entry(message))
        await j.taken_in(3)
        assert [row.text for row in await j.rows(messages) if row.deleted_at is None] == ["I'm here myself."]
