"""A simulated Instagram, and a connector of its account."""

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.instagram.connector import InstagramConnector
from tests.connectors.instagram.kit import SECRETS, TOKEN, account, app
from tests.platforms.instagram import Instagram


@pytest.fixture(scope="module")
def running() -> Iterator[Instagram]:
    """It knows the kit's secret and verify token."""
    with Instagram(secret=SECRETS[0], verify_token=app().secrets["verify_token"]) as simulator:
        yield simulator


@pytest.fixture
def platform(running: Instagram) -> Instagram:
    """As it was when it started, with the kit's token."""
    running.begin_anew()
    running.grant(TOKEN)
    return running


@pytest.fixture
async def connector(platform: Instagram) -> AsyncIterator[InstagramConnector]:
    """The account's connector, at the simulator."""
    made = InstagramConnector(account(platform.url))
    yield made
    await made.close()
