"""A simulated Threads, and a connector of its account. Whatever is asked is held against Meta's collection."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.threads.connector import ThreadsConnector
from tests.connectors.threads.kit import SECRETS, TOKEN, account, app
from tests.platforms.specs import FOLDER
from tests.platforms.threads import COLLECTION, Threads, check


@pytest.fixture(scope="module")
def running() -> Iterator[Threads]:
    """It knows the kit's secret and verify token."""
    with Threads(secret=SECRETS[0], verify_token=app().secrets["verify_token"]) as simulator:
        yield simulator


@pytest.fixture
def platform(running: Threads) -> Iterator[Threads]:
    """As it was when it started, with the kit's token."""
    running.begin_anew()
    running.grant(TOKEN)
    yield running
    if (FOLDER / COLLECTION).exists():
        for call in running.calls:
            check(call)


@pytest.fixture
async def connector(platform: Threads) -> AsyncIterator[ThreadsConnector]:
    """The account's connector, at the simulator."""
    made = ThreadsConnector(account(platform.url))
    yield made
    await made.close()
