"""A simulated Telegram, and the connector of its bot."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import orjson
import pytest

from connectors.telegram.connector import TelegramConnector
from connectors.telegram.parse import parse
from engage.models import Event, Outgoing, Surface
from engage.platform import AccountLink, RawEvent
from tests.connectors.telegram.kit import SECRETS
from tests.platforms.specs import FOLDER
from tests.platforms.telegram import BOT_ID, BOT_TOKEN, CHANNEL, CREATOR, FOLLOWER, GROUP, SPEC, Telegram, check_call


@pytest.fixture(scope="session")
def running() -> Iterator[Telegram]:
    with Telegram() as platform:
        yield platform


@pytest.fixture
def telegram(running: Telegram) -> Iterator[Telegram]:
    """Whatever is asked of it is held against the published description, where that is at hand."""
    running.reset()
    yield running
    if (FOLDER / SPEC).exists():
        for call in running.calls:
            check_call(call)


def link(url: str, token: str = BOT_TOKEN, **config: Any) -> AccountLink:
    """The account of the simulated bot."""
    known = {"owner_id": str(CREATOR), "channel_id": str(CHANNEL), "group_id": str(GROUP)}
    credentials = {"bot_token": token, "webhook_secret": " ".join(SECRETS)}
    return AccountLink("a1", str(BOT_ID), "ada_answers_bot", {"base_url": url, **known, **config}, credentials)


@pytest.fixture
async def connector(telegram: Telegram) -> AsyncIterator[TelegramConnector]:
    made = TelegramConnector(link(telegram.url))
    yield made
    await made.close()


def events_of(raw: RawEvent) -> list[Event]:
    """What intake would make of what was kept."""
    return parse(orjson.loads(raw.body), str(BOT_ID))


async def heard(connector: TelegramConnector, cursor: str = "") -> tuple[list[Event], str]:
    """The events that wait, and the cursor behind them."""
    pages = connector.listen(cursor)
    page = await anext(aiter(pages))
    await pages.aclose()  # type: ignore[attr-defined]
    return [event for raw in page.events for event in events_of(raw)], page.cursor


def answer_to(event: Event, text: str = "Six weeks.") -> Outgoing:
    """The avatar's reply to a message."""
    assert event.message is not None
    message = event.message
    author = message.author
    place = message.conversation_id
    return Outgoing("o1", "key-1", message.surface, place, message.id, author.id, text, follower_name=author.name)


def reply_in_bot_chat(number: int, text: str = "Six weeks.") -> Outgoing:
    return Outgoing("o1", "key-1", Surface.DM, f"bot:{FOLLOWER}:", f"{FOLLOWER}:{number}", str(FOLLOWER), text)


def unused_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
