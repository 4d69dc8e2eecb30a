"""Against an emulator of the Bot API that others wrote (telegram-test-api, on Node), where it can be installed."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.telegram.connect import CONNECT
from connectors.telegram.connector import TelegramConnector
from connectors.telegram.parse import parse
from engage.grants import Grant
from engage.models import EventKind, Outgoing, Surface
from engage.platform import AccountLink, App
from tests.connectors.telegram.conftest import unused_port
from tests.connectors.telegram.kit import TOKEN
from tests.platforms.installing import alone

SOURCE = Path(__file__).parents[2] / "platforms" / "node" / "telegram"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "engage-tests"
INSTALL_SECONDS = 90


@pytest.fixture(scope="session")
def installed() -> Path:
    """The emulator, outside of the project's folder; installed once for each state of its lock."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node and npm are not here")
    lock = (SOURCE / "package-lock.json").read_bytes()
    place = CACHE / f"telegram-{hashlib.sha256(lock).hexdigest()[:16]}"
    with alone(place):
        if not place.exists():
            install(place)
        shutil.copy(SOURCE / "serve.cjs", place / "serve.cjs")
    return place


def install(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        npm = [
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
        ]
        try:
            done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not install the emulator in time")
        if done.returncode != 0:
            pytest.skip(f"npm could not install the emulator: {(done.stderr.strip().splitlines() or ['?'])[0]}")
        shutil.copytree(folder, place, symlinks=True)


@dataclass(frozen=True)
class Emulator:
    """A follower's side of the emulator."""

    url: str
    chat: int = 5550001

    def write(self, text: str) -> None:
        person = {"id": self.chat, "first_name": "Ann", "username": "annlee", "is_bot": False}
        chat = {"id": self.chat, "first_name": "Ann", "type": "private"}
        message = {"botToken": TOKEN, "from": person, "chat": chat, "date": int(time.time()), "text": text}
        assert httpx.post(f"{self.url}/sendMessage", json=message).json()["ok"]

    def sees(self) -> list[dict[str, Any]]:
        """What the bot wrote since the last look."""
        found = httpx.post(f"{self.url}/getUpdates", json={"token": TOKEN, "chatId": self.chat}).json()["result"]
        return [one["message"] for one in found]

    def shows(self) -> list[str]:
        """All that stands there."""
        found = httpx.post(f"{self.url}/getUpdatesHistory", json={"token": TOKEN}).json()["result"]
        return [one["message"].get("text", "") for one in found]


@pytest.fixture(scope="module")
def emulator(installed: Path) -> Iterator[Emulator]:
    port = unused_port()
    with subprocess.Popen(
        ["node", "serve.cjs", str(port)], cwd=installed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield Emulator(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


async def grant(emulator: Emulator) -> Grant:
    [granted] = await CONNECT.grant(App("telegram", {"base_url": emulator.url}), {"bot_token": TOKEN})
    return granted


async def test_a_bot_is_connected(emulator: Emulator) -> None:
    granted = await grant(emulator)
    assert granted.handle == "TestNameBot"
    assert granted.platform_user_id == "666"


async def test_a_follower_is_heard_and_sees_the_reply(emulator: Emulator) -> None:
    granted = await grant(emulator)
    app = App("telegram", {"base_url": emulator.url})
    link = AccountLink("a1", granted.platform_user_id, granted.handle, granted.config, granted.credentials, app)
    connector = TelegramConnector(link)
    try:
        emulator.write("How long is the course?")
        async with aclosing(connector.listen("")) as pages:  # type: ignore[type-var]
            page = await anext(aiter(pages))
        [raw] = page.events
        [event] = parse(json.loads(raw.body), granted.platform_user_id)
        assert event.kind is EventKind.MESSAGE
        assert event.surface is Surface.DM
        message = event.message
        assert message is not None
        assert (message.text, message.author.name) == ("How long is the course?", "Ann")
        place = message.conversation_id
        reply = Outgoing("o1", "k", Surface.DM, place, message.id, message.author.id, "Six weeks.")
        receipt = await connector.send(reply)
        [seen] = emulator.sees()
        assert seen["text"] == "Six weeks."
        assert seen["reply_parameters"] == {"message_id": int(message.id.partition(":")[2])}
        await connector.delete(receipt.id)
        assert "Six weeks." not in emulator.shows()
    finally:
        await connector.close()
