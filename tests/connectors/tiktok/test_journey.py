"""The whole way: a follower writes, the worker answers, TikTok has the reply."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engage.grants import Grant
from engage.ledger.tables import conversations, deliveries
from engage.models import Mode
from tests.connectors.tiktok import kit
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.tiktok import TikTok

GRANT = Grant(
    kit.OWN,
    "creator",
    {"access_token": kit.TOKEN, "refresh_token": "rft.0f1e2d3c4b5a69788796"},
    datetime.now(UTC) + timedelta(days=1),
    {"region": "BR", "scopes": kit.SCOPES, "business": True},
)


async def test_comments_and_messages_are_answered(tmp_path: Path, tiktok: TikTok) -> None:
    comment = tiktok.comments(QUESTION, fan="fan_1")
    place, message = tiktok.writes(QUESTION, fan="fan_2")
    written, received = tiktok.events[-2:]
    async with journey(tmp_path, "tiktok", GRANT, kit.app(base_url=tiktok.url)) as j:
        assert j.hook.endswith("/hooks/tiktok")
        for event in (written, received, received):  # TikTok delivers at least once
            assert tiktok.deliver(j.hook, event).is_success

        to_message = await j.answered(message)
        assert tiktok.sent(place) == [to_message.text]

        to_comment = await j.answered(f"{tiktok.video}:{comment}")  # a poll has read it
        (posted,) = tiktok.posted()
        assert (posted["text"], posted["parent_comment_id"]) == (to_comment.text, comment)
        assert to_comment.receipt_id == f"{tiktok.video}:{posted['comment_id']}"

        # Both come back. The webhook about our own comment names no author: it must open nothing.
        for event in tiktok.events[2:]:
            assert tiktok.deliver(j.hook, event).is_success
        await j.until(lambda: _all_processed(j), "everything to be taken in")
        assert [row.human_until for row in await j.rows(conversations)] == [None, None]
        assert (len(tiktok.posted()), len(tiktok.sent(place))) == (1, 1)


async def test_what_nobody_calls_about_is_polled(tmp_path: Path, tiktok: TikTok) -> None:
    place, message = tiktok.writes(QUESTION, region="AT")
    async with journey(tmp_path, "tiktok", GRANT, kit.app(base_url=tiktok.url), public=False) as j:
        reply = await j.answered(message)
        assert tiktok.sent(place) == [reply.text]


async def test_what_people_do_afterwards(tmp_path: Path, tiktok: TikTok) -> None:
    """A comment is deleted, the creator writes in person, and in the end withdraws the access."""
    comment = tiktok.comments(QUESTION)
    name = f"{tiktok.video}:{comment}"
    async with journey(tmp_path, "tiktok", GRANT, kit.app(base_url=tiktok.url), mode=Mode.REVIEW) as j:
        assert (await j.kept(name)).text == QUESTION
        place, message = tiktok.writes("hello?")
        tiktok.deliver(j.hook, tiktok.events[-1])
        await j.kept(message)

        tiktok.takes_down(comment)
        tiktok.deliver(j.hook, tiktok.events[-1])
        await j.until(lambda: _is_emptied(j, name), "the comment to be emptied")

        tiktok.writes_in_person(place, "I'm here myself.")
        tiktok.deliver(j.hook, tiktok.events[-1])
        await j.until(lambda: _is_paused(j, place), "the conversation to be the creator's")

        tiktok.deliver(j.hook, (kit.OWN, "authorization.removed", {"reason": 1}))
        await j.until(lambda: _is_unauthorized(j), "the account to be paused")


async def _all_processed(j: Journey) -> bool:
    return all(row.state in ("processed", "ignored") for row in await j.rows(deliveries))


async def _is_emptied(j: Journey, name: str) -> bool:
    row = await j.kept(name)
    return row.deleted_at is not None and row.text == ""


async def _is_paused(j: Journey, place: str) -> bool:
    return [row.human_until is not None for row in await j.rows(conversations) if row.platform_id == place] == [True]


async def _is_unauthorized(j: Journey) -> bool:
    return bool((await j.account()).state == "unauthorized")
