"""The whole way: a follower writes, the worker answers, Telegram has the reply."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram.connect import CONNECT
from engage.grants import Grant
from engage.ledger.tables import conversations, messages
from engage.platform import App
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.telegram import BOT_TOKEN, CONNECTION, FOLLOWER, GROUP, Telegram


def app(telegram: Telegram) -> App:
    return App("telegram", {"base_url": telegram.url})


async def granted(telegram: Telegram) -> Grant:
    [grant] = await CONNECT.grant(app(telegram), {"bot_token": BOT_TOKEN, "channel": "@adachannel"})
    return grant


def ask(telegram: Telegram, *, comment: bool) -> list[str]:
    """Followers ask: the bot, the creator, and under a post. Our ids of their messages."""
    asked = [
        f"{FOLLOWER}:{telegram.write(QUESTION)}",
        f"7:{telegram.write_to_creator(QUESTION, user=7)}:{CONNECTION}",
    ]
    if comment:
        asked.append(f"{GROUP}:{telegram.comment(telegram.publish('New lens day!'), QUESTION, user=8)}")
    return asked


async def bring(telegram: Telegram, way: Journey, public: bool) -> None:
    """By webhook, twice, as after an answer that Telegram did not see; a long poll brings it by itself."""
    if not public:
        return
    await way.until(lambda: telegram.webhook.get("url") == way.hook, "the webhook to be asked for")
    waiting = list(telegram.updates)
    for _ in range(2):
        telegram.updates[:] = waiting
        answers = await asyncio.to_thread(telegram.deliver)
        assert all(answer.status_code == 202 for answer in answers)


@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by long polling"])
async def test_questions_are_answered_everywhere(tmp_path: Path, telegram: Telegram, public: bool) -> None:
    telegram.echoes = True
    async with journey(tmp_path, "telegram", await granted(telegram), app(telegram), public=public) as way:
        asked = ask(telegram, comment=not public)
        await bring(telegram, way, public)
        replies = {one: await way.answered(one) for one in asked}
        posted = {(body["chat_id"], body["reply_parameters"]["message_id"]): body for body in telegram.posted}
        assert len(posted) == len(telegram.posted) == len(asked)
        for one, reply in replies.items():
            chat, number, *connection = one.split(":")
            body = posted[int(chat), int(number)]
            assert body["text"] == reply.text
            assert [body.get("business_connection_id")] == (connection or [None])
        last = telegram.write("Thank you!", user=9)  # behind our own reply, which comes back
        await bring(telegram, way, public)
        await way.kept(f"9:{last}")
        await way.taken_in()
        assert {row.human_until for row in await way.rows(conversations)} == {None}


async def test_what_the_creator_answers_in_person_is_left_to_them(tmp_path: Path, telegram: Telegram) -> None:
    async with journey(tmp_path, "telegram", await granted(telegram), app(telegram), public=False) as way:
        telegram.write_to_creator("hello there")
        telegram.creator_writes(FOLLOWER, "Hello Ann!")
        kept = await way.kept(f"{FOLLOWER}:{telegram.write_to_creator(QUESTION)}:{CONNECTION}")
        assert kept.kept_because == "human"
        assert telegram.posted == []


async def test_what_was_deleted_is_forgotten(tmp_path: Path, telegram: Telegram) -> None:
    async with journey(tmp_path, "telegram", await granted(telegram), app(telegram), public=False) as way:
        number = telegram.write_to_creator("My number is 555 0100")
        await way.kept(f"{FOLLOWER}:{number}:{CONNECTION}")
        telegram.remove(FOLLOWER, number, CONNECTION)

        async def gone() -> Any:
            return [row for row in await way.rows(messages) if row.deleted_at is not None and row.text == ""]

        await way.until(gone, "the message to be forgotten")
        assert "555 0100" not in str([row.text for row in await way.rows(messages)])
