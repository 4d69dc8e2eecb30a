"""The whole way: a follower writes, the worker answers, Telegram has the reply."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram.connect import CONNECT
from engage.ledger.tables import conversations, messages
from engage.platform import App, Grant
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.telegram import BOT_TOKEN, CONNECTION, FOLLOWER, GROUP, Telegram


def app(telegram: Telegram) -> App:
    return App("telegram", {"base_url": telegram.url})


async def granted(telegram: Telegram) -> Grant:
    [grant] = await CONNECT.grant(app(telegram), {"bot_token": BOT_TOKEN, "channel": "@adachannel"})
    return grant


def ask(telegram: Telegram, where: str) -> str:
    """Our id of the question."""
    if where == "bot":
        return f"{FOLLOWER}:{telegram.write(QUESTION)}"
    if where == "creator":
        return f"{FOLLOWER}:{telegram.write_to_creator(QUESTION)}:{CONNECTION}"
    return f"{GROUP}:{telegram.comment(telegram.publish('New lens day!'), QUESTION)}"


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


@pytest.mark.parametrize("where", ["bot", "creator", "channel"])
@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by long polling"])
async def test_a_question_is_answered(tmp_path: Path, telegram: Telegram, where: str, public: bool) -> None:
    telegram.echoes = True
    async with journey(tmp_path, "telegram", await granted(telegram), app(telegram), public=public) as way:
        asked = ask(telegram, where)
        await bring(telegram, way, public)
        reply = await way.answered(asked)
        [posted] = telegram.posted
        assert posted["text"] == reply.text
        assert posted["reply_parameters"]["message_id"] == int(asked.split(":")[1])
        assert posted.get("business_connection_id") == (CONNECTION if where == "creator" else None)
        if where == "creator":
            await bring(telegram, way, public)  # our own reply comes back
            await way.taken_in(2)
        assert [row.human_until for row in await way.rows(conversations)] == [None]


async def test_what_the_creator_answers_in_person_is_left_to_them(tmp_path: Path, telegram: Telegram) -> None:
    async with journey(tmp_path, "telegram", await granted(telegram), app(telegram), public=False) as way:
        telegram.write_to_creator("hello there")
        telegram.creator_writes(FOLLOWER, "Hello Ann!")
        asked = ask(telegram, "creator")
        kept = await way.kept(asked)
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
