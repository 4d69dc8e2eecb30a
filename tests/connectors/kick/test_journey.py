"""From a line of chat to the posted reply, through the ledger and the workers."""

from pathlib import Path

from engage.ledger.tables import messages
from engage.platform import Grant
from tests.connectors.kick import kit
from tests.platforms.journey import QUESTION, journey
from tests.platforms.kick import Kick


async def test_a_line_is_answered_once_and_a_lost_answer_is_settled_by_its_echo(tmp_path: Path) -> None:
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
