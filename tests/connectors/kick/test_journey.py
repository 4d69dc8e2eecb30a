"""From a line of chat to the posted reply, through the ledger and the workers."""

from pathlib import Path

from engage.grants import Grant
from engage.ledger.tables import messages, replies
from tests.connectors.kick import kit
from tests.platforms.journey import QUESTION, journey
from tests.platforms.kick import Kick


async def test_a_line_is_answered_once_and_a_lost_answer_is_settled_by_its_echo_or_parked(tmp_path: Path) -> None:
    with Kick() as kick:
        grant = Grant(kit.CHANNEL, "creator", kick.tokens(), None, {"type": "bot"})
        async with journey(tmp_path, "kick", grant, kit.app(kick.url)) as way:
            kick.hook = way.hook
            await way.until(lambda: kick.subscriptions, "the subscription")
            line = kick.say(QUESTION)
            for _ in range(2):
                assert kick.tell(line).status_code == 200
            reply = await way.answered(line["message_id"])
            assert [(one["content"], one["message_id"]) for one in kick.posted] == [(reply.text, reply.receipt_id)]
            kick.lose("/public/v1/chat")
            another = kick.say(QUESTION, sender="444")
            assert kick.tell(another).status_code == 200
            settled = await way.answered(another["message_id"])
            assert [one["message_id"] for one in kick.posted] == [reply.receipt_id, settled.receipt_id]
            written = {row.platform_id for row in await way.rows(messages) if row.author == "follower"}
            assert written == {line["message_id"], another["message_id"]}

            kick.echoes = False
            kick.lose("/public/v1/chat")
            last = kick.say(QUESTION, sender="445")
            assert kick.tell(last).status_code == 200

            async def parked() -> bool:
                rows = await way.rows(replies)
                return [row.state for row in rows if row.in_reply_to == last["message_id"]] == ["uncertain"]

            await way.until(parked, "the reply to be parked")
            assert len(kick.posted) == 3, "posted once"


async def test_written_as_the_creator_a_line_is_told_from_the_creators_own(tmp_path: Path) -> None:
    with Kick() as kick:
        grant = Grant(kit.CHANNEL, "creator", kick.tokens(), None, {"type": "user"})
        async with journey(tmp_path, "kick", grant, kit.app(kick.url)) as way:
            kick.hook = way.hook
            await way.until(lambda: kick.subscriptions, "the subscription")
            kick.lose("/public/v1/chat")
            line = kick.say(QUESTION)
            assert kick.tell(line).status_code == 200
            settled = await way.answered(line["message_id"])
            assert [one["message_id"] for one in kick.posted] == [settled.receipt_id]

            assert kick.tell(kit.ban(kit.FOLLOWER), "moderation.banned").status_code == 200

            async def silent() -> bool:
                return (await way.kept(line["message_id"])).text == ""

            await way.until(silent, "what the banned follower wrote to be gone")

            spoken = kick.say("Hello everybody", sender=kit.CHANNEL)
            assert kick.tell(spoken).status_code == 200
            assert (await way.kept(spoken["message_id"])).author == "creator"
            assert not [row for row in await way.rows(messages) if row.platform_id == settled.receipt_id]
