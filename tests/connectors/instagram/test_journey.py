"""The whole way: a follower writes, the worker answers, Instagram has the reply."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.instagram.connect import SCOPES
from engage.ledger.tables import conversations
from engage.models import Mode
from engage.platform import Grant
from tests.connectors.instagram import kit
from tests.platforms.instagram import Instagram
from tests.platforms.journey import QUESTION, journey

GRANT = Grant(
    kit.OWN,
    "ada.makes",
    {"access_token": kit.TOKEN},
    datetime.now(UTC) + timedelta(days=50),
    {"permissions": list(SCOPES)},
)


@pytest.mark.parametrize("surface", ["comment", "dm", "live"])
async def test_a_follower_is_answered(tmp_path: Path, platform: Instagram, surface: str) -> None:
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url)) as j:
        if surface == "dm":
            message = platform.write_message(kit.FAN, QUESTION)
            message_id, entry = message.id, platform.message_entry(message)
        else:
            post = "17900000000000002" if surface == "live" else "17900000000000001"
            comment = platform.add(kit.FAN, QUESTION, post=post)
            message_id, entry = comment.id, platform.comment_entry(comment)
        for _ in range(2):  # Meta tells some things twice
            assert platform.call_webhook(j.hook, entry).status_code == 200
        reply = await j.answered(message_id)
        assert [(one["id"], one["text"]) for one in platform.posted] == [(reply.receipt_id, reply.text)]
        # Its echo comes back, and is no person's.
        if surface == "comment":
            echo = platform.comment_entry(platform.comments[reply.receipt_id])
        else:
            echo = platform.message_entry(platform.messages[-1], app_id=platform.app_id)
        platform.call_webhook(j.hook, echo)
        await j.taken_in(2)
        assert [row.human_until for row in await j.rows(conversations)] == [None] * len(await j.rows(conversations))


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, platform: Instagram) -> None:
    comment = platform.add(kit.FAN, QUESTION)
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url), public=False) as j:
        reply = await j.answered(comment.id)
        assert platform.comments[reply.receipt_id].parent == comment.id


async def test_the_creator_takes_over(tmp_path: Path, platform: Instagram) -> None:
    async with journey(tmp_path, "instagram", GRANT, kit.app(base_url=platform.url), mode=Mode.REVIEW) as j:
        message = platform.write_message(kit.FAN, "hello?")
        platform.call_webhook(j.hook, platform.message_entry(message))
        await j.kept(message.id)
        platform.call_webhook(j.hook, platform.message_entry(platform.write_by_hand(kit.FAN, "I'm here myself.")))
        await j.taken_in(2)
        (row,) = await j.rows(conversations)
        assert row.human_until is not None
