"""One YouTube for all tests, as new before each; what the connector asks is held against Google's description."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.youtube.connector import YouTubeConnector
from tests.connectors.youtube import kit
from tests.platforms.base import Call
from tests.platforms.specs import FOLDER, check_discovery
from tests.platforms.youtube import YouTube

API = "/youtube/v3/"
METHODS = {
    ("GET", "channels"): "youtube.channels.list",
    ("GET", "videos"): "youtube.videos.list",
    ("GET", "commentThreads"): "youtube.commentThreads.list",
    ("GET", "comments"): "youtube.comments.list",
    ("POST", "comments"): "youtube.comments.insert",
    ("DELETE", "comments"): "youtube.comments.delete",
    ("POST", "comments/setModerationStatus"): "youtube.comments.setModerationStatus",
    ("GET", "liveBroadcasts"): "youtube.liveBroadcasts.list",
    ("GET", "liveChat/messages"): "youtube.liveChatMessages.list",
    ("POST", "liveChat/messages"): "youtube.liveChatMessages.insert",
    ("DELETE", "liveChat/messages"): "youtube.liveChatMessages.delete",
    ("GET", "liveChat/messages/stream"): "youtube.youtube.v3.liveChat.messages.stream",
}


def check(call: Call) -> None:
    """Raises where a call is not one of Google's description."""
    if call.path.startswith(API):
        check_discovery(call, METHODS[call.method, call.path.removeprefix(API)])


@pytest.fixture(scope="session")
def running() -> Iterator[YouTube]:
    with YouTube() as youtube:
        yield youtube


@pytest.fixture
def youtube(running: YouTube) -> Iterator[YouTube]:
    running.reset()
    yield running
    if (FOLDER / "youtube" / "youtube.v3.json").exists():
        for call in running.calls:
            check(call)


@pytest.fixture
async def connector(youtube: YouTube) -> AsyncIterator[YouTubeConnector]:
    quick = {"live_search_s": 0.02, "live_list_s": 0.01, "live_reconnect_s": 0.01}
    made = YouTubeConnector(kit.account(youtube.url, **quick))
    yield made
    await made.close()
