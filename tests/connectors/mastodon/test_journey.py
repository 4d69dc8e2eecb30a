"""From a mention to the posted reply, through the ledger and the workers."""

from datetime import timedelta
from pathlib import Path

import pytest

from engage.ledger.tables import conversations, deliveries
from engage.platform import Grant
from tests.connectors.mastodon import kit
from tests.platforms.journey import QUESTION, journey
from tests.platforms.mastodon import Mastodon


def grant(server: Mastodon) -> Grant:
    account = kit.account(server.url)
    return Grant(account.platform_user_id, account.handle, account.credentials, None, account.config)


@pytest.mark.parametrize(("visibility", "surface"), [("unlisted", "comment"), ("direct", "dm")])
async def test_a_mention_is_answered(tmp_path: Path, server: Mastodon, visibility: str, surface: str) -> None:
    server.limit = 10_000
    async with journey(tmp_path, "mastodon", grant(server), public=False) as way:
        await way.until(lambda: server.streaming, "the stream to be opened")
        asked = server.write(f"@me {QUESTION}", visibility=visibility)
        reply = await way.answered(asked)
        (posted,) = server.posted
        assert (posted["id"], posted["in_reply_to_id"]) == (reply.receipt_id, asked)
        assert posted["visibility"] == visibility
        assert posted["text"] == f"@ann@remote.example {reply.text}"
        assert server.notified == [("ann@remote.example", posted["id"])]
        await way.taken_in(2)  # the mention, and our own reply coming back
        (conversation,) = await way.rows(conversations)
        assert (conversation.platform_id, conversation.human_until) == (f"{surface}:108892", None)


async def test_a_mention_while_the_stream_was_cut_is_answered(tmp_path: Path, server: Mastodon) -> None:
    server.limit = 10_000
    async with journey(tmp_path, "mastodon", grant(server), public=False) as way:
        await way.until(lambda: server.streaming, "the stream to be opened")
        server.drop_streams()
        await way.until(lambda: not server.streaming, "the stream to be cut")
        asked = server.write(f"@me {QUESTION}")
        await way.answered(asked)
        assert len(server.posted) == 1
        keys = [row.dedupe_key for row in await way.rows(deliveries)]
        assert any(key.startswith("gap ") for key in keys)


async def test_a_mention_that_the_creator_answers_in_person_is_left_to_them(tmp_path: Path, server: Mastodon) -> None:
    server.limit = 10_000
    async with journey(tmp_path, "mastodon", grant(server), public=False) as way:
        await way.until(lambda: server.streaming, "the stream to be opened")
        first = server.write("@me hello there")
        server.post_in_person("@ann@remote.example Hello Ann!", first)
        await way.taken_in(2)
        server.pass_time(timedelta(seconds=1))
        asked = server.write(f"@me {QUESTION}")
        kept = await way.kept(asked)
        assert kept.kept_because == "human"
        assert server.posted == []
