"""The whole way: a follower writes, the worker answers, and the answer stands on Bluesky."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from engage.grants import Grant
from engage.ledger.tables import conversations, messages
from engage.models import Mode
from engage.platform import App
from tests.connectors.bluesky import kit
from tests.platforms.bluesky import Bluesky
from tests.platforms.journey import QUESTION, Journey, journey

ME, ANN, BOB = kit.ME, kit.ANN, "did:plc:bob"


def grant(bluesky: Bluesky, ends_at: datetime | None = None) -> Grant:
    tokens = bluesky.session(ME)
    credentials = {"access_jwt": tokens["accessJwt"], "refresh_jwt": tokens["refreshJwt"]}
    return Grant(ME, "avatar.example.com", credentials, ends_at, {"dms": True, "poll_s": 0.1})


def app(bluesky: Bluesky) -> App:
    return App("bluesky", {"base_url": bluesky.url})


async def listening(j: Journey, bluesky: Bluesky) -> None:
    """Until it has looked once: what people write from now on is new."""
    await j.until(lambda: len(bluesky.calls_to("/xrpc/chat.bsky.convo.getLog")) > 1, "the listener")


async def test_followers_are_answered_everywhere(tmp_path: Path, bluesky: Bluesky) -> None:
    carol = bluesky.person("carol")
    async with journey(tmp_path, "bluesky", grant(bluesky), app(bluesky), public=False) as j:
        await listening(j, bluesky)
        under = bluesky.write(ANN, QUESTION, answer_to=bluesky.write(ME, "New shoes day!"))
        alone = bluesky.write(BOB, f"@avatar.example.com {QUESTION}", mention=ME)
        direct = bluesky.say(carol, QUESTION, to=ME)
        for asked in (under, alone):
            reply = await j.answered(asked)
            [posted] = [
                post for post in bluesky.posts_of(ME) if post.get("reply", {}).get("parent", {}).get("uri") == asked
            ]
            assert reply.text == posted["text"]
            assert reply.receipt_id.startswith(f"at://{ME}/")
        reply = await j.answered(direct)
        said = bluesky.said_in(bluesky.convo_between(carol, ME))[-1]
        assert (said["text"], said["id"], said["replyTo"]["id"]) == (reply.text, reply.receipt_id, direct)
        later = bluesky.write(ANN, "Thanks!", answer_to=(await j.answered(under)).receipt_id)
        await j.kept(later)  # and with it, our own posts have come back
        assert {row.human_until for row in await j.rows(conversations)} == {None}


async def test_only_who_asks_is_heard_and_the_creator_takes_over(tmp_path: Path, bluesky: Bluesky) -> None:
    async with journey(tmp_path, "bluesky", grant(bluesky), app(bluesky), public=False, mode=Mode.REVIEW) as j:
        await listening(j, bluesky)
        root = bluesky.write(ME, "New shoes day!")
        asked = bluesky.write(ANN, QUESTION, answer_to=root)
        bluesky.write(BOB, QUESTION, answer_to=asked)
        bluesky.write(BOB, QUESTION, quote=root)
        await j.kept(asked)
        await j.taken_in(4)
        assert [row.platform_id for row in await j.rows(messages)] == [asked]
        own = bluesky.write(ME, "I'm here myself.", answer_to=asked)
        await j.kept(own)
        [row] = await j.rows(conversations)
        assert row.human_until is not None


async def test_a_removed_app_password_is_noticed(tmp_path: Path, bluesky: Bluesky) -> None:
    """Its tokens are not renewed any more."""
    soon = grant(bluesky, datetime.now(UTC) + timedelta(seconds=2))
    bluesky.revoke(ME)
    async with journey(tmp_path, "bluesky", soon, app(bluesky), public=False) as j:

        async def paused() -> bool:
            return bool((await j.account()).state != "active")

        await j.until(paused, "the account to be paused")
        account = await j.account()
        assert account.state == "unauthorized"
        assert account.reason
