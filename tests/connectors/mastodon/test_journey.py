"""From a mention to the posted reply, through the ledger and the workers."""

from pathlib import Path

from engage.grants import Grant
from engage.ledger.tables import conversations, deliveries
from tests.connectors.mastodon import kit
from tests.platforms.journey import QUESTION, journey
from tests.platforms.mastodon import BOB, Mastodon


def grant(server: Mastodon) -> Grant:
    account = kit.account(server.url)
    return Grant(account.platform_user_id, account.handle, account.credentials, None, account.config)


async def test_mentions_are_answered_also_when_the_stream_was_cut(tmp_path: Path, server: Mastodon) -> None:
    async with journey(tmp_path, "mastodon", grant(server), public=False) as way:
        await way.until(lambda: server.streaming, "the stream to be opened")
        asked = server.write(f"@me {QUESTION}", visibility="unlisted")
        reply = await way.answered(asked)
        (posted,) = server.posted
        assert (posted["id"], posted["in_reply_to_id"]) == (reply.receipt_id, asked)
        assert (posted["text"], posted["visibility"]) == (f"@ann@remote.example {reply.text}", "unlisted")

        server.shows_application = False  # so our own reply comes back as if somebody had written it in person
        server.drop_streams(cleanly=True)
        await way.until(lambda: not server.streaming, "the stream to end")
        privately = server.write(f"@me {QUESTION}", BOB, visibility="direct")
        await way.answered(privately)
        assert server.posted[1]["visibility"] == "direct"
        assert [name for name, _ in server.notified] == ["ann@remote.example", "bob"]

        keys = {row.dedupe_key.split()[0] for row in await way.taken_in(5)}
        assert keys == {"notification", "update", "gap"}
        talks = {row.platform_id: row.human_until for row in await way.rows(conversations)}
        assert talks == {"comment:108892": None, "dm:108893": None}  # our replies coming back are nobody in person


async def test_whom_the_creator_answers_in_person_is_left_to_them(tmp_path: Path, server: Mastodon) -> None:
    async with journey(tmp_path, "mastodon", grant(server), public=False) as way:
        await way.until(lambda: server.streaming, "the stream to be opened")
        server.post_in_person("@ann@remote.example Hello Ann!", server.write("@me hello there"))
        await way.until(lambda: way.rows(conversations), "the conversation")
        await way.taken_in(2)
        kept = await way.kept(server.write(f"@me {QUESTION}"))
        assert kept.kept_because == "human"
        assert server.posted == []
        assert len(await way.rows(deliveries)) == 3
