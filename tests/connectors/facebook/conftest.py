"""A simulated Facebook, and a connector of its Page."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.facebook.connector import FacebookConnector
from tests.connectors.facebook.kit import SECRETS, TOKEN, account, app
from tests.platforms.facebook import Facebook


@pytest.fixture(scope="module")
def running() -> Iterator[Facebook]:
    """It knows the kit's secret and verify token."""
    with Facebook(secret=SECRETS[0], verify_token=app().secrets["verify_token"]) as simulator:
        yield simulator


@pytest.fixture
def platform(running: Facebook) -> Facebook:
    """As it was when it started, with the kit's token."""
    running.begin_anew()
    running.grant(TOKEN, None)
    return running


@pytest.fixture
async def connector(platform: Facebook) -> AsyncIterator[FacebookConnector]:
    """The Page's connector, at the simulator."""
    made = FacebookConnector(account(platform.url))
    yield made
    await made.close()
